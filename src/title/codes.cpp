#include "title/codes.h"

#include <nlohmann/json.hpp>

namespace swarma::title {
namespace {

std::unexpected<Error> bad(std::string message) {
  return fail(ErrorCode::BadRequest, "codes_bad", std::move(message));
}

Result<Code> read_code(const Json& json) {
  const JsonReader reader(json, "code");
  SWARMA_RETURN_IF_ERROR(reader.expect_object());
  SWARMA_RETURN_IF_ERROR(reader.only({"code", "max_uses"}));
  SWARMA_TRY(std::string code, reader.text("code", kMaxCodeLength));
  SWARMA_TRY(const std::int64_t max_uses, reader.integer_or("max_uses", 0, kMaxCodeUses, 0));
  return Code{.code = std::move(code), .max_uses = max_uses};
}

}  // namespace

Result<CodeLists> read_codes(const Json& json) {
  if (!json.is_object()) return bad("\"codes\" must be an object: list → codes.");
  CodeLists out;
  std::size_t total = 0;
  for (const auto& [list, codes] : json.items()) {
    if (list.size() > kMaxCodeListLength || !codes.is_array() || (total += codes.size()) > kMaxCodes)
      return bad("\"codes\" must hold lists of codes, at most " + std::to_string(kMaxCodes) +
                 " codes in all; the id of a list has at most " + std::to_string(kMaxCodeListLength) + " bytes.");
    std::vector<Code>& entries = out[list];
    for (const Json& item : codes) {
      auto code = read_code(item);
      if (!code) return bad(std::move(code).error().message);
      entries.push_back(*std::move(code));
    }
  }
  return out;
}

Json codes_json(const CodeLists& codes) {
  Json out = Json::object();
  for (const auto& [list, entries] : codes) {
    Json& items = out[list] = Json::array();
    for (const Code& entry : entries) items.push_back({{"code", entry.code}, {"max_uses", entry.max_uses}});
  }
  return out;
}

Result<void> check_codes(const CodeLists& codes) {
  std::size_t total = 0;
  for (const auto& [list, entries] : codes) {
    total += entries.size();
    for (const Code& entry : entries)
      if (entry.code.size() < kMinCodeLength || entry.code.size() > kMaxCodeLength || entry.max_uses < 0)
        return bad("A code of the list \"" + list + "\" is too short, too long or has a negative number of uses.");
  }
  if (total > kMaxCodes) return bad("A title has at most " + std::to_string(kMaxCodes) + " codes.");
  return {};
}

}  // namespace swarma::title
