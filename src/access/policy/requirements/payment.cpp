// crypto_payment {method, amount, unit?, address?, chain_id?, token?, mints?, confirmations?}: funds reach the creator.
// Amounts are whole numbers of the smallest unit, written as texts of digits: wei need 256 bits.
#include <array>
#include <nlohmann/json.hpp>

#include "access/policy/requirements/kind.h"

namespace swarma::access::policy {
namespace {

Result<void> check_mints(const JsonReader& reader, const std::string& at) {
  if (!reader.has("mints")) return {};
  SWARMA_TRY(const Json* mints, reader.array("mints", 16));
  for (const Json& mint : *mints)
    if (!mint.is_string() || !mint.get_ref<const std::string&>().starts_with("http") ||
        mint.get_ref<const std::string&>().size() > 200)
      return bad_policy(at, "\"mints\" must hold the addresses of mints, as in \"https://mint.example\"");
  return {};
}

/// Where the money goes. Of Lightning: the public key of the node that must be paid, where the creator names it.
Result<void> check_payee(const JsonReader& reader, const std::string& method, const std::string& at) {
  if (method == "evm_native" || method == "erc20") {
    SWARMA_RETURN_IF_ERROR(evm_address(reader, "address", at));
    if (method == "erc20") return evm_address(reader, "token", at);
  } else if (reader.has("address")) {
    SWARMA_RETURN_IF_ERROR(not_empty(reader, "address", 200, at));
  }
  if (reader.has("token")) return bad_policy(at, "\"token\" goes with the method \"erc20\" only");
  return {};
}

Result<void> check(const JsonReader& reader, const std::string& at) {
  static constexpr std::array<std::string_view, 4> methods = {"cashu", "lightning", "evm_native", "erc20"};
  SWARMA_RETURN_IF_ERROR(
      reader.only({"method", "amount", "unit", "address", "chain_id", "token", "mints", "confirmations"}));
  SWARMA_TRY(const std::string method, reader.text("method", 32));
  if (std::ranges::find(methods, method) == methods.end())
    return bad_policy(at, "\"method\" must be one of \"cashu\", \"lightning\", \"evm_native\", \"erc20\"");
  SWARMA_TRY(const std::string amount, reader.text("amount", 78));
  if (amount.empty() || amount.front() == '0' || !all_of(amount, is_digit))
    return bad_policy(at, "\"amount\" must be a whole number above zero, written as a text of digits");
  SWARMA_TRY(const std::string unit, reader.text_or("unit", 32, "sat"));
  if (!is_slug(unit)) return bad_policy(at, "\"unit\" must be a short name such as \"sat\"");
  SWARMA_RETURN_IF_ERROR(check_payee(reader, method, at));
  SWARMA_RETURN_IF_ERROR(reader.integer_or("chain_id", 1, 9'007'199'254'740'991, 1));
  SWARMA_RETURN_IF_ERROR(reader.integer_or("confirmations", 0, 1'000, 0));
  return check_mints(reader, at);
}

std::string say(const Json& params) {
  const std::string method = text_of(params, "method");
  const std::string amount = "Pay " + text_of(params, "amount") + " ";
  const std::string where =
      " on chain " + std::to_string(params.value("chain_id", std::uint64_t{1})) + " to " + params.value("address", "");
  if (method == "evm_native") return amount + params.value("unit", "wei") + where + ".";
  if (method == "erc20") return amount + "units of the token " + text_of(params, "token") + where + ".";
  return amount + params.value("unit", "sat") + " by " + method + ".";
}

}  // namespace

const Kind kCryptoPayment = {"crypto_payment", check, say};

}  // namespace swarma::access::policy
