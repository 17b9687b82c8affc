#include "access/policy/preset.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace swarma::access::policy {
namespace {

constexpr std::string_view kCodePrefix = "code:";
constexpr std::string_view kPromise = "I will tell a friend about this film.";
constexpr int kPresetPuzzleBits = 18;  // about a second in a browser on a phone
constexpr std::string_view kCodeList = "codes";

/// Without a label: a page names the way in the language of its reader.
Result<Policy> one_path(std::string_view id, const Json& requires_) {
  Json path = {{"id", id}};
  if (!requires_.is_null()) path["requires"] = requires_;
  return parse_policy({{"version", 1}, {"paths", Json::array({std::move(path)})}});
}

}  // namespace

bool is_preset(std::string_view text) {
  return text == "open" || text == "goodwill" || text == "puzzle" || text.starts_with(kCodePrefix);
}

Result<Preset> parse_preset(std::string_view text) {
  title::CodeLists codes;
  Result<Policy> policy = fail(ErrorCode::BadRequest, "preset_unknown",
                               "There is no preset of that name. Presets: open, goodwill, puzzle, code:XXXX.");
  if (text == "open") policy = one_path("open", Json());
  if (text == "goodwill")
    policy = one_path("goodwill", {{"requirement", "goodwill_ack"}, {"params", {{"text", kPromise}}}});
  if (text == "puzzle")
    policy = one_path("puzzle", {{"requirement", "puzzle_solve"},
                                 {"params", {{"algorithm", "sha256"}, {"difficulty", kPresetPuzzleBits}}}});
  if (text.starts_with(kCodePrefix)) {
    const std::string code(text.substr(kCodePrefix.size()));
    const bool visible = std::all_of(code.begin(), code.end(), [](unsigned char c) { return c >= 0x20 && c != 0x7f; });
    if (code.size() < title::kMinCodeLength || code.size() > title::kMaxCodeLength || !visible)
      return fail(ErrorCode::BadRequest, "code_bad",
                  "A code has " + std::to_string(title::kMinCodeLength) + " to " +
                      std::to_string(title::kMaxCodeLength) +
                      " bytes and no control characters, as in code:popcorn-42.");
    codes[std::string(kCodeList)] = {title::Code{.code = code, .max_uses = 0}};
    policy = one_path("code", {{"requirement", "allowlist_token"}, {"params", {{"list", kCodeList}}}});
  }
  if (!policy) return std::unexpected(std::move(policy).error());
  return Preset{*std::move(policy), std::move(codes)};
}

}  // namespace swarma::access::policy
