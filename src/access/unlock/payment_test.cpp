// What a viewer is asked to pay is what the creator signed; a node that asks for anything else gets nothing.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "access/unlock/requirements.h"

namespace swarma::access::unlock {
namespace {

constexpr const char* kPayee = "0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F";
constexpr const char* kToken = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
// An example of BOLT 11: 250,000 sat.
constexpr const char* kInvoice =
    "lnbc2500u1pvjluezsp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygspp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqq"
    "syqcyq5rqwzqfqypqdq5xysxxatsyp3k7enxv4jsxqzpu9qrsgquk0rl77nj30yxdy8j9vdx85fkpmdla2087ne0xh8nhedh8w27kyke0lp53u"
    "t353s06fv3qfegext0eh0ymjpf39tuven09sam30g4vgpfna3rh";

Json params(const char* method) {
  Json out = {{"method", method}, {"amount", "1000"}, {"address", kPayee}, {"chain_id", 5}};
  if (out["method"] == "erc20") out["token"] = kToken;
  return out;
}

Json challenge(const Json& of) {
  const auto field = [](const char* name, const char* type) { return Json{{"name", name}, {"type", type}}; };
  return {{"amount", "1000"},
          {"payee", kPayee},
          {"uri", "ethereum:…"},
          {"typed_data",
           {{"types",
             {{"Payment",
               Json::array({field("payee", "address"), field("token", "address"), field("amount", "uint256")})}}},
            {"primaryType", "Payment"},
            {"domain", {{"name", "Swarma"}, {"chainId", 5u}}},
            {"message", {{"payee", kPayee}, {"token", of.value("token", kPayee)}, {"amount", "1000"}}}}}};
}

/// The response, or the reason of the refusal, or "declined".
std::string pay(const Json& terms, const Json& asked, std::vector<std::string> brings, Errand* shown = nullptr) {
  Answers answers;
  answers.run_errand = [&](const Errand& errand) -> std::optional<std::vector<std::string>> {
    if (shown != nullptr) *shown = errand;
    if (brings.empty()) return std::nullopt;
    return brings;
  };
  const auto response = find_method(policy::Requirement::CryptoPayment)->answer(terms, asked, answers);
  if (!response) return response.error().reason;
  return *response ? (*response)->dump() : "declined";
}

TEST(PayOnChain, SaysWhatItCostsAndBringsTransactionAndSignature) {
  Errand shown;
  const Json terms = params("erc20");
  EXPECT_EQ(pay(terms, challenge(terms), {"0xaa", "0xbb"}, &shown), R"({"signature":"0xbb","transaction":"0xaa"})");
  EXPECT_NE(shown.tell.front().find("Pay 1000 units of the token " + std::string(kToken)), std::string::npos);
  EXPECT_NE(shown.tell.front().find(kPayee), std::string::npos);
  EXPECT_NE(shown.tell.back().find("eth_signTypedData_v4"), std::string::npos);
  EXPECT_EQ(pay(terms, challenge(terms), {}), "declined");
  EXPECT_EQ(pay(terms, challenge(terms), {"", ""}), "declined");
}

TEST(PayOnChain, RefusesEveryOtherPrice) {
  const Json terms = params("erc20");
  for (const auto& [pointer, value] :
       {std::pair("/amount", Json("1001")), std::pair("/payee", Json(kToken)),
        std::pair("/typed_data/message/amount", Json("1001")), std::pair("/typed_data/message/payee", Json(kToken)),
        std::pair("/typed_data/message/token", Json(kPayee)), std::pair("/typed_data/domain/chainId", Json(6u))}) {
    Json other = challenge(terms);
    other[Json::json_pointer(pointer)] = value;
    EXPECT_EQ(pay(terms, other, {"0xaa", "0xbb"}), "challenge_bad") << pointer;
  }
}

TEST(PayByLightning, BringsThePreimageOrNothing) {
  const Json terms = {{"method", "lightning"}, {"amount", "250000"}};
  const Json asked = {{"invoice", kInvoice}};
  EXPECT_EQ(pay(terms, asked, {"ab"}), R"({"preimage":"ab"})");
  EXPECT_EQ(pay(terms, asked, {""}), "{}");
}

TEST(PayByLightning, RefusesEveryOtherPrice) {
  const Json asked = {{"invoice", kInvoice}};
  const auto said = [&](const char* amount, const char* unit, const char* payee) {
    return pay({{"method", "lightning"}, {"amount", amount}, {"unit", unit}, {"address", payee}}, asked, {"ab"});
  };
  const char* const node = "03e7156ae33b0a208d0744199163177e909e80176e55d97a2f221ede0f934dd9ad";
  EXPECT_EQ(said("250000", "sat", node), R"({"preimage":"ab"})");
  EXPECT_EQ(said("250000000", "msat", node), R"({"preimage":"ab"})");
  EXPECT_EQ(said("249999", "sat", node), "challenge_bad");
  EXPECT_EQ(said("250000", "msat", node), "challenge_bad");
  EXPECT_EQ(said("250000", "sat", "02e7156ae33b0a208d0744199163177e909e80176e55d97a2f221ede0f934dd9ad"),
            "challenge_bad");
}

TEST(Payment, CostsMoreThanWhatElseAPersonIsAskedFor) {
  const Method* const method = find_method(policy::Requirement::CryptoPayment);
  Answers answers;
  EXPECT_FALSE(method->cost(params("erc20"), answers));  // there is nobody to pay
  answers.run_errand = [](const Errand&) { return std::nullopt; };
  EXPECT_GT(method->cost(params("erc20"), answers).value(), kAsking);
  EXPECT_FALSE(method->cost(params("cashu"), answers));
}

}  // namespace
}  // namespace swarma::access::unlock
