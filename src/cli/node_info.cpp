#include "cli/node_info.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "access/policy/preset.h"
#include "base/file.h"

namespace swarma::cli {

Result<std::string> parse_node_url(const std::string& text) {
  std::string url = text;
  while (!url.empty() && url.back() == '/') url.pop_back();
  if (!url.starts_with("http://") && !url.starts_with("https://"))
    return fail(ErrorCode::BadRequest, "usage", "--node must be a URL such as http://127.0.0.1:8420.");
  return url;
}

Result<ChosenPolicy> load_policy(const std::string& preset_or_file) {
  static constexpr std::size_t kMaxPolicyFile = 64 * 1024;
  if (access::policy::is_preset(preset_or_file)) {
    SWARMA_TRY(auto preset, access::policy::parse_preset(preset_or_file));
    return ChosenPolicy{preset.policy.canonical(), std::move(preset.codes)};
  }
  auto bytes = read_file(preset_or_file, kMaxPolicyFile);
  if (!bytes)
    return fail(ErrorCode::BadRequest, "policy_not_found",
                bytes.error().message + " --policy takes a file, or one of: open, goodwill, puzzle, code:XXXX.");
  SWARMA_TRY(Json document, parse_json(as_text(*bytes)));
  // A file may carry the codes of its lists beside the policy; they travel sealed, never in the record.
  title::CodeLists codes;
  if (document.is_object() && document.contains("codes")) {
    SWARMA_TRY(codes, title::read_codes(document["codes"]));
    document.erase("codes");
  }
  SWARMA_TRY(const auto policy, access::policy::parse_policy(document));
  return ChosenPolicy{policy.canonical(), std::move(codes)};
}

}  // namespace swarma::cli
