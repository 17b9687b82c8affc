// What the texts inside a record and its details may hold. Names reach terminals, playlists and pages, so control
// characters (terminal escapes, line breaks in a one-line field) and broken UTF-8 are refused at the border.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace swarma::title {

inline constexpr std::size_t kMaxNameBytes = 300;
inline constexpr std::size_t kMaxSummaryBytes = 1'000;
inline constexpr std::size_t kMaxLanguageBytes = 35;  // RFC 5646 §4.4.1

enum class Lines { One, Many };

/// Valid UTF-8 without control characters; Many allows line feed and tab.
bool is_clean_text(std::string_view text, Lines lines);

/// The text without what is_clean_text refuses, cut to at most `max_bytes` whole characters: for names from files.
std::string clean_text(std::string_view text, Lines lines, std::size_t max_bytes);

/// 1 to `max` of [a-z0-9-]: track ids and key groups.
bool is_slug(std::string_view text, std::size_t max);

/// Empty, or letters, digits and hyphens in the shape of a BCP 47 tag.
bool is_language(std::string_view text);

/// Exactly 16 bytes in base64url: nonces and salts.
bool is_16_bytes(std::string_view base64url);

}  // namespace swarma::title
