// allowlist_token: the viewer enters a code of a list, shows a pass that its key holds, or that a token is his
// (nft.cpp).
#include <nlohmann/json.hpp>

#include "access/unlock/requirements.h"

namespace swarma::access::unlock {
namespace {

std::optional<double> cost(const Json& params, const Answers& answers) {
  if (params.contains("pass")) return answers.pass.empty() ? std::nullopt : std::optional(2.0);
  if (params.contains("nft")) return answers.run_errand ? std::optional(kAsking) : std::nullopt;
  if (!params.contains("list")) return std::nullopt;
  if (!answers.code.empty()) return 2;
  return answers.ask_code ? std::optional(kAsking) : std::nullopt;
}

Result<std::optional<Json>> answer(const Json& params, const Json& challenge, const Answers& answers) {
  if (params.contains("pass")) return Json{{"pass", answers.pass}};
  if (params.contains("nft")) return answer_nft(params, challenge, answers);
  SWARMA_TRY(const std::string list, JsonReader(params, "code requirement").text("list", 32));
  std::optional<std::string> code = answers.code;
  if (code->empty()) code = answers.ask_code ? answers.ask_code(list) : std::nullopt;
  if (!code || code->empty()) return std::nullopt;
  return Json{{"code", *code}};
}

}  // namespace

const Method kAllowlist{policy::Requirement::AllowlistToken, cost, answer};

}  // namespace swarma::access::unlock
