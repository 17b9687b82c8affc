#include "net/public_url.h"

#include <arpa/inet.h>
#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>

#include "net/http_syntax.h"

namespace swarma::net {
namespace {

using Parser = std::unique_ptr<CURLU, decltype([](CURLU* parser) { curl_url_cleanup(parser); })>;

std::unexpected<Error> refuse(std::string_view text, std::string_view why) {
  return fail(ErrorCode::BadRequest, "bad_public_url",
              "--public-url \"" + std::string(text.substr(0, 200)) + "\" " + std::string(why));
}

/// A part of the address, empty if it is not there; nothing if it cannot be written as asked.
std::optional<std::string> part(CURLU* parser, CURLUPart which, unsigned flags = 0) {
  char* value = nullptr;
  const CURLUcode code = curl_url_get(parser, which, &value, flags);
  const std::string out = value == nullptr ? "" : value;
  curl_free(value);
  const bool absent = code == CURLUE_NO_USER || code == CURLUE_NO_PASSWORD || code == CURLUE_NO_OPTIONS ||
                      code == CURLUE_NO_PORT || code == CURLUE_NO_QUERY || code == CURLUE_NO_FRAGMENT;
  if (code != CURLUE_OK && !absent) return std::nullopt;
  return out;
}

/// A name's labels: letters, digits, hyphens and underscores, 63 at most, not all digits at the end.
bool is_host_name(std::string_view host) {
  if (host.empty() || host.size() > 253 || host.find_first_of(":[]") != std::string_view::npos) return false;
  std::string_view last;
  for (std::size_t start = 0; start <= host.size();) {
    const std::size_t end = std::min(host.find('.', start), host.size());
    last = host.substr(start, end - start);
    if (last.empty() || last.size() > 63 || last.starts_with('-') || last.ends_with('-')) return false;
    start = end + 1;
  }
  const bool all_digits = std::ranges::all_of(last, [](char c) { return c >= '0' && c <= '9'; });
  return is_valid_host(host) && !all_digits;
}

Result<void> check_parts(std::string_view text, CURLU* parser) {
  for (const CURLUPart which : {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_OPTIONS})
    if (part(parser, which) != "" || text.find('@') != std::string_view::npos)
      return refuse(text, "holds a user. Leave it out: a node's address is scheme://host[:port].");
  if (text.find_first_of("?#") != std::string_view::npos)
    return refuse(text, "holds a query or a fragment. Leave it out: a node's address is scheme://host[:port].");
  if (const auto path = part(parser, CURLUPART_PATH); path != "/")
    return refuse(text,
                  "has a path. A node needs a host name of its own: give it one (https://films.example.org), "
                  "point the proxy's whole name at the node, and leave the path out.");
  return {};
}

}  // namespace

std::string canonical_address(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  const std::string address(text);
  std::array<unsigned char, sizeof(in6_addr)> bytes;
  std::array<char, INET6_ADDRSTRLEN> written;
  for (const int family : {AF_INET, AF_INET6})
    if (::inet_pton(family, address.c_str(), bytes.data()) == 1)
      return ::inet_ntop(family, bytes.data(), written.data(), written.size());
  return {};
}

Result<PublicUrl> parse_public_url(std::string_view text) {
  const bool visible = std::ranges::all_of(
      text, [](char c) { return static_cast<unsigned char>(c) > ' ' && c != 0x7f && c != '\\' && c != '"'; });
  if (std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }))
    return refuse(is_utf8(text) ? text : "…",
                  "has letters beyond ASCII. Write the name as browsers send it, in its xn-- form.");
  if (text.empty() || text.size() > 1000 || !visible || text.find('%') != std::string_view::npos)
    return refuse(text, "is not an address. Write it like https://films.example.org, without spaces.");
  const Parser parser(curl_url());
  const CURLUcode code = curl_url_set(parser.get(), CURLUPART_URL, std::string(text).c_str(), CURLU_NON_SUPPORT_SCHEME);
  if (code == CURLUE_BAD_SCHEME || text.find("://") == std::string_view::npos)
    return refuse(text, "has no scheme. Write it like https://films.example.org.");
  if (code != CURLUE_OK)
    return refuse(text, "is not an address (" + std::string(curl_url_strerror(code)) +
                            "). Write it like https://films.example.org.");
  const std::string scheme = part(parser.get(), CURLUPART_SCHEME).value_or("");
  if (scheme != "https" && scheme != "http")
    return refuse(text, "does not begin with https:// or http://, which are the only two a node is reached by.");
  SWARMA_RETURN_IF_ERROR(check_parts(text, parser.get()));
  PublicUrl out{.secure = scheme == "https"};
  out.host = part(parser.get(), CURLUPART_HOST).value_or("");
  std::ranges::transform(out.host, out.host.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (out.host.ends_with('.')) out.host.pop_back();
  const std::string address = canonical_address(out.host);
  if (address.empty() && !is_host_name(out.host))
    return refuse(text, "does not name a host. Write it like https://films.example.org.");
  if (address == "0.0.0.0" || address == "::")
    return refuse(text, "names no machine: nobody is reached by it. Write the name or the address others use.");
  if (!address.empty()) out.host = address;
  const std::string port = part(parser.get(), CURLUPART_PORT).value_or("");
  if (port == "0") return refuse(text, "has the port 0, which nothing listens on.");
  out.url = scheme + "://" + (address.find(':') == std::string::npos ? out.host : "[" + address + "]");
  if (!port.empty() && port != (out.secure ? "443" : "80")) out.url += ":" + port;
  return out;
}

}  // namespace swarma::net
