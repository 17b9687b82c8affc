// What a title is called and what is said about it, in one language.
#pragma once

#include <map>
#include <string>

#include "base/error.h"
#include "base/json.h"

namespace swarma::title {

struct LocalText {
  std::string name, summary;
  bool operator==(const LocalText&) const = default;
};
using LocalTexts = std::map<std::string, LocalText>;  // by language (BCP 47)

inline constexpr std::size_t kMaxLocalTexts = 512;

/// language → {"name", "summary"}; the summary may be missing. BadRequest ("bad_member") for languages and texts that
/// may not travel (checks.h).
Result<LocalTexts> read_local_texts(const Json& json);
Json local_texts_json(const LocalTexts& texts);

}  // namespace swarma::title
