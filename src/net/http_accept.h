// What a client accepts (RFC 9110, 12.4 and 12.5): lists with weights, in which 0 means no. Pure functions over foreign
// bytes. An element that is not of the grammar counts as not there.
#pragma once

#include <span>
#include <string_view>

namespace swarma::net {

/// Which form of a body to send.
struct CodingChoice {
  bool acceptable = true;   // false: neither a coding of ours nor the plain form is wanted (406)
  std::string_view coding;  // one of `offered`, or empty for the plain form
};

/// The offered coding ("br", "gzip") that Accept-Encoding weighs highest, the earlier of equals; the plain form where
/// none is wanted, or where "identity" is given more weight than any.
CodingChoice choose_coding(std::string_view accept_encoding, std::span<const std::string_view> offered);

/// Whether Accept names this media type ("text/html") itself, with a weight above 0: ranges such as "*/*" do not count.
bool names_media_type(std::string_view accept, std::string_view type);

/// The media type of a Content-Type without its parameters, as it came ("text/html" of "text/html; charset=utf-8").
std::string_view media_type_of(std::string_view content_type);

}  // namespace swarma::net
