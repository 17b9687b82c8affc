// crypto_payment: the viewer pays with a wallet of his own. What is to be paid, and to whom, is what the creator
// signed; a challenge that says anything else is refused before it is shown.
#include <nlohmann/json.hpp>

#include "access/unlock/requirements.h"
#include "base/text.h"
#include "crypto/ethereum.h"
#include "crypto/lightning_invoice.h"

namespace swarma::access::unlock {
namespace {

constexpr double kPaying = 1e9;  // above whatever else a person may be asked for

std::optional<double> cost(const Json& params, const Answers& answers) {
  const std::string method = params.value("method", "");
  if (!answers.run_errand || (method != "evm_native" && method != "erc20" && method != "lightning"))
    return std::nullopt;
  return kPaying;
}

std::unexpected<Error> other_price() {
  return fail(ErrorCode::Corrupt, "challenge_bad",
              "The node asks for another payment than the title's terms say: do not pay.");
}

bool same_address(const std::string& one, const std::string& other) {
  const auto a = crypto::EthereumAddress::from_text(one);
  const auto b = crypto::EthereumAddress::from_text(other);
  return a && b && *a == *b;
}

/// What the wallet is asked to sign must be over the creator's price as well.
Result<void> check_evm(const Json& params, const Json& challenge) {
  const JsonReader reader(challenge, "challenge");
  SWARMA_TRY(const Json* typed_data, reader.object("typed_data"));
  SWARMA_RETURN_IF_ERROR(crypto::typed_data_digest(*typed_data));
  const JsonReader message(typed_data->at("message"), "typed data");
  const JsonReader domain(typed_data->at("domain"), "typed data");
  SWARMA_TRY(const std::int64_t chain, domain.integer("chainId", 1, 9'007'199'254'740'991));
  SWARMA_TRY(const std::string payee, message.text("payee", 64));
  SWARMA_TRY(const std::string token, message.text("token", 64));
  SWARMA_TRY(const std::string amount, message.text("amount", 78));
  SWARMA_TRY(const std::string asked, reader.text("amount", 78));
  SWARMA_TRY(const std::string to, reader.text("payee", 64));
  const std::string address = params.value("address", "");
  if (chain != params.value("chain_id", std::int64_t{1}) || amount != params.value("amount", "") || asked != amount ||
      !same_address(payee, address) || !same_address(to, address) ||
      (params.contains("token") && !same_address(token, params.value("token", ""))))
    return other_price();
  return {};
}

Result<std::optional<Json>> pay_on_chain(const Json& params, const Json& challenge, const Answers& answers) {
  SWARMA_RETURN_IF_ERROR(check_evm(params, challenge));
  SWARMA_TRY(const std::string uri, JsonReader(challenge, "challenge").text("uri", 500));
  const std::string unit =
      params.contains("token") ? "units of the token " + params.value("token", "") : params.value("unit", "wei");
  const Errand errand{
      .tell = {"Pay " + params.value("amount", "") + " " + unit + " on chain " +
                   std::to_string(params.value("chain_id", 1)) + " to " + params.value("address", "") + ".",
               "The fee of the chain comes on top; your wallet says how much.",
               "If the transaction fails, only that fee is gone: pay again. If this program or the node is interrupted "
               "after "
               "you paid, start it again within a day and give the same transaction: it counts once, for you.",
               "For your wallet: " + uri,
               "Sign this with the account that pays (eth_signTypedData_v4): " + challenge.at("typed_data").dump()},
      .bring = {"Transaction (0x…):", "Signature (0x…):"}};
  const auto brought = answers.run_errand(errand);
  if (!brought || brought->size() != 2 || brought->front().empty()) return std::nullopt;
  return Json{{"transaction", brought->at(0)}, {"signature", brought->at(1)}};
}

Result<std::optional<Json>> pay_by_lightning(const Json& params, const Json& challenge, const Answers& answers) {
  SWARMA_TRY(const std::string text, JsonReader(challenge, "challenge").text("invoice", crypto::kMaxInvoiceLength));
  SWARMA_TRY(const crypto::LightningInvoice invoice, crypto::parse_lightning_invoice(text));
  const auto amount = parse_number<std::uint64_t>(params.value("amount", ""));
  const std::string unit = params.value("unit", "sat");
  const std::uint64_t factor = unit == "sat" ? 1'000 : 1;
  const std::string payee = params.value("address", "");
  if (!amount || *amount > UINT64_MAX / factor || invoice.amount_msat != *amount * factor ||
      (!payee.empty() && invoice.payee != payee))
    return other_price();
  const Errand errand{
      .tell = {"Pay " + std::to_string(*amount) + " " + unit + " by Lightning to the node " + invoice.payee + ".",
               "The fee of the route comes on top; your wallet says how much.",
               "If the payment fails, nothing is gone. If your wallet says that it is under way, do not pay again: "
               "wait, or "
               "start this program again within a day.",
               "Invoice: " + text},
      .bring = {"Preimage, if your wallet shows it; otherwise only Enter when it is paid:"}};
  const auto brought = answers.run_errand(errand);
  if (!brought || brought->size() != 1) return std::nullopt;
  return brought->front().empty() ? Json::object() : Json{{"preimage", brought->front()}};
}

Result<std::optional<Json>> answer(const Json& params, const Json& challenge, const Answers& answers) {
  if (params.value("method", "") == "lightning") return pay_by_lightning(params, challenge, answers);
  return pay_on_chain(params, challenge, answers);
}

}  // namespace

const Method kPayment{policy::Requirement::CryptoPayment, cost, answer};

}  // namespace swarma::access::unlock
