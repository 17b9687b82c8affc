// Which encoding a text without a mark is in, and UTF-8 from it. Detection is uchardet's, narrowed to the encodings
// that are in use for the text's language: captions are short, and their language is usually known. Internal: included
// by .cpp files of this folder only.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace swarma::content::media {

/// The name by which iconv knows an encoding that somebody wrote ("cp1251", "sjis", "Big5"), if it does.
std::optional<std::string> find_encoding(std::string_view name);

/// UTF-8 of `bytes`; what is not valid in `encoding` (a name of find_encoding) becomes U+FFFD.
std::string convert_text(ByteView bytes, const std::string& encoding);

struct LikelyEncoding {
  std::string name = {};  // as find_encoding gives it
  bool sure = true;       // false: the bytes fit no usual encoding of the language well
};

/// For bytes that are not UTF-8. `language`: BCP 47, "und" or empty when unknown.
LikelyEncoding detect_encoding(ByteView bytes, std::string_view language);

}  // namespace swarma::content::media
