// Ownership of a token: the viewer signs with the account that owns it. Nothing is paid and nothing is moved.
#include <nlohmann/json.hpp>

#include "access/unlock/requirements.h"
#include "crypto/ethereum.h"

namespace swarma::access::unlock {

Result<std::optional<Json>> answer_nft(const Json& params, const Json& challenge, const Answers& answers) {
  SWARMA_TRY(const Json* typed_data, JsonReader(challenge, "challenge").object("typed_data"));
  SWARMA_RETURN_IF_ERROR(crypto::typed_data_digest(*typed_data));
  if (typed_data->at("primaryType") != "Ownership")
    return fail(ErrorCode::Corrupt, "challenge_bad", "The node asks for another signature than the title's terms say.");
  const std::string which = params.contains("token_id") ? "the token " + params.value("token_id", "") : "a token";
  const Errand errand{
      .tell = {"Show that you own " + which + " of " + params.value("token", "") + " on chain " +
                   std::to_string(params.value("chain_id", 1)) + ".",
               "Your wallet signs a text; nothing is paid and nothing is moved. The node learns your account.",
               "Sign this with the account that owns it (eth_signTypedData_v4): " + typed_data->dump()},
      .bring = {"Signature (0x…):"}};
  const auto brought = answers.run_errand(errand);
  if (!brought || brought->size() != 1 || brought->front().empty()) return std::nullopt;
  return Json{{"signature", brought->front()}};
}

}  // namespace swarma::access::unlock
