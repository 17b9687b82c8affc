// goodwill_ack: the viewer accepts a sentence.
#include <nlohmann/json.hpp>

#include "access/unlock/requirements.h"
#include "crypto/hash.h"

namespace swarma::access::unlock {
namespace {

std::optional<double> cost(const Json&, const Answers& answers) {
  if (answers.accept_goodwill) return 1;
  return answers.ask_goodwill ? std::optional(kAsking) : std::nullopt;
}

/// The sentence is the record's, not the challenge's: what the viewer accepts is what the creator signed.
Result<std::optional<Json>> answer(const Json& params, const Json&, const Answers& answers) {
  SWARMA_TRY(const std::string text, JsonReader(params, "goodwill requirement").text("text", 500));
  if (!answers.accept_goodwill && !(answers.ask_goodwill && answers.ask_goodwill(text))) return std::nullopt;
  return Json{{"accepted", true}, {"text_hash", to_base64url(crypto::sha256(view(text)))}};
}

}  // namespace

const Method kGoodwill{policy::Requirement::GoodwillAck, cost, answer};

}  // namespace swarma::access::unlock
