// What a chain says about a payment, judged: every way in which it may not meet the price.
#include "access/attest/evm.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace swarma::access::attest::evm {
namespace {

constexpr const char* kPayee = "0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F";
constexpr const char* kPayer = "0x70997970c51812dc3a010c7d01b50e0d17dc79c8";
constexpr const char* kToken = "0x5fbdb2315678afecb367f032d93f642f64180aa3";
constexpr const char* kOther = "0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc";
const std::string kBlock = "0x" + std::string(64, 'b');

crypto::EthereumAddress address(std::string_view text) {
  return crypto::EthereumAddress::from_text(text).value();
}
std::string topic(std::string_view text) {
  return "0x" + std::string(24, '0') + to_hex(address(text).bytes());
}
std::string word(std::uint64_t value) {
  return "0x" + to_hex(Uint256(value).big_endian());
}

Price price_of(bool token) {
  Json params = {{"method", token ? "erc20" : "evm_native"}, {"amount", "1000"}, {"address", kPayee}, {"chain_id", 5}};
  if (token) params["token"] = kToken;
  return read_price(params).value();
}

Json receipt(Json logs = Json::array()) {
  return {{"status", "0x1"}, {"blockNumber", "0x10"}, {"blockHash", kBlock}, {"from", kPayer}, {"logs", logs}};
}
Json transaction(const char* to, const char* value) {
  return {{"to", to}, {"value", value}, {"from", kPayer}, {"blockHash", kBlock}};
}
Json transfer(std::uint64_t index, const char* token, const char* from, const char* to, std::uint64_t amount) {
  return {{"address", token},
          {"logIndex", quantity(index)},
          {"removed", false},
          {"topics", {"0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef", topic(from), topic(to)}},
          {"data", word(amount)}};
}

std::string native(const Json& told, const Json& sent) {
  const auto found = find_payment(price_of(false), told, sent, {}, address(kPayer));
  return found ? "paid" : found.error().reason;
}
std::string token(const Json& logs, std::optional<std::int64_t> index = {}) {
  const auto found = find_payment(price_of(true), receipt(logs), transaction(kToken, "0x0"), index, address(kPayer));
  return found ? "paid " + std::to_string(found->log_index) : found.error().reason;
}

TEST(FindPayment, TakesTheCoinOfTheChain) {
  EXPECT_EQ(native(receipt(), transaction(kPayee, "0x3e8")), "paid");
  EXPECT_EQ(native(receipt(), transaction(kPayee, "0x3e7")), "payment_too_small");
  EXPECT_EQ(native(receipt(), transaction(kPayee, "0x100000000000000000000000000000000")), "paid");  // beyond 64 bits
  EXPECT_EQ(native(receipt(), transaction(kOther, "0x3e8")), "payment_wrong_payee");
}

TEST(FindPayment, WaitsForABlock) {
  EXPECT_EQ(native(Json(), transaction(kPayee, "0x3e8")), "not_yet");
  EXPECT_EQ(native(receipt(), Json()), "not_yet");
}

TEST(FindPayment, RefusesWhatFailed) {
  Json failed = receipt();
  failed["status"] = "0x0";
  EXPECT_EQ(native(failed, transaction(kPayee, "0x3e8")), "payment_failed");
}

TEST(FindPayment, TakesNoTransactionThatMakesAContract) {
  Json made = transaction(kPayee, "0x3e8");
  made["to"] = nullptr;
  EXPECT_EQ(native(receipt(), made), "payment_wrong_payee");
}

TEST(FindPayment, BelievesNoAnswerThatContradictsItself) {
  Json elsewhere = transaction(kPayee, "0x3e8");
  elsewhere["blockHash"] = "0x" + std::string(64, 'c');
  EXPECT_EQ(native(receipt(), elsewhere), "chain_answer_bad");
  for (const char* member : {"status", "blockNumber", "blockHash", "from"}) {
    Json broken = receipt();
    broken[member] = 7;
    EXPECT_EQ(native(broken, transaction(kPayee, "0x3e8")), "chain_answer_bad") << member;
    broken.erase(member);
    EXPECT_EQ(native(broken, transaction(kPayee, "0x3e8")), "chain_answer_bad") << member;
  }
  EXPECT_EQ(native(Json("text"), transaction(kPayee, "0x3e8")), "chain_answer_bad");
  EXPECT_EQ(native(Json::array(), Json::array()), "chain_answer_bad");
  EXPECT_EQ(native(receipt(), transaction(kPayee, "1000")), "chain_answer_bad");
}

TEST(FindPayment, TakesATransferOfTheToken) {
  EXPECT_EQ(token(Json::array({transfer(3, kToken, kPayer, kPayee, 1000)})), "paid 3");
  EXPECT_EQ(token(Json::array({transfer(3, kToken, kPayer, kPayee, 999)})), "payment_too_small");
  EXPECT_EQ(token(Json::array({transfer(3, kOther, kPayer, kPayee, 1000)})), "payment_wrong_token");
  EXPECT_EQ(token(Json::array({transfer(3, kToken, kPayer, kOther, 1000)})), "payment_wrong_payee");
  EXPECT_EQ(token(Json::array({transfer(3, kToken, kOther, kPayee, 1000)})), "payment_not_found");
  EXPECT_EQ(token(Json::array()), "payment_not_found");
}

TEST(FindPayment, FindsTheTransferAmongOthers) {
  const Json logs = {transfer(3, kOther, kPayer, kPayee, 1000), transfer(4, kToken, kPayer, kOther, 5000),
                     transfer(5, kToken, kPayer, kPayee, 1000), transfer(6, kToken, kPayer, kPayee, 2000)};
  EXPECT_EQ(token(logs), "paid 5");
  EXPECT_EQ(token(logs, 6), "paid 6");
  EXPECT_EQ(token(logs, 4), "payment_wrong_payee");
  EXPECT_EQ(token(logs, 7), "payment_not_found");
}

TEST(FindPayment, TakesNothingElseForATransfer) {
  const auto changed = [](const char* pointer, const Json& value) {
    Json log = transfer(3, kToken, kPayer, kPayee, 1000);
    log[Json::json_pointer(pointer)] = value;
    return token(Json::array({log}));
  };
  EXPECT_EQ(changed("/removed", true), "payment_not_found");                          // by a reorganisation
  EXPECT_EQ(changed("/topics/3", word(1)), "payment_not_found");                      // ERC-721
  EXPECT_EQ(changed("/topics/0", word(1)), "payment_not_found");                      // another event
  EXPECT_EQ(changed("/topics/2", "0x" + std::string(64, 'f')), "payment_not_found");  // no address
  EXPECT_EQ(changed("/data", "0x"), "payment_not_found");
  EXPECT_EQ(changed("/data", word(1000) + std::string(64, '0')), "payment_not_found");
}

TEST(Price, IsReadFromTheRequirement) {
  EXPECT_EQ(price_of(false).confirmations, kDefaultConfirmations);
  EXPECT_EQ(price_of(false).chain_id, 5u);
  EXPECT_FALSE(price_of(false).token);
  EXPECT_EQ(price_of(true).token, address(kToken));
  EXPECT_FALSE(read_price({{"method", "evm_native"}, {"amount", "1000"}}));
}

TEST(TypedData, BindsEverythingThatMatters) {
  const ActionContext context{.action_id = "action",
                              .title = TitleId(TitleId::Raw{7}),
                              .creator_jkt = {},
                              .viewer = "viewer",
                              .leaf = {},
                              .now = Instant(1'800'000'000)};
  const auto digest = [](const Price& price, const ActionContext& of, std::int64_t expires) {
    return to_hex(crypto::typed_data_digest(payment_typed_data(price, of, Expiry(expires))).value());
  };
  std::vector<std::string> all = {digest(price_of(false), context, 1), digest(price_of(true), context, 1),
                                  digest(price_of(false), context, 2)};
  Price other = price_of(false);
  other.chain_id = 6;
  all.push_back(digest(other, context, 1));
  other = price_of(false);
  other.amount = Uint256(1001);
  all.push_back(digest(other, context, 1));
  other = price_of(false);
  other.payee = address(kOther);
  all.push_back(digest(other, context, 1));
  for (const auto& change :
       {+[](ActionContext& c) { c.viewer = "another"; }, +[](ActionContext& c) { c.action_id = "a"; },
        +[](ActionContext& c) { c.title = TitleId(TitleId::Raw{8}); }}) {
    ActionContext changed = context;
    change(changed);
    all.push_back(digest(price_of(false), changed, 1));
  }
  std::ranges::sort(all);
  EXPECT_EQ(std::ranges::adjacent_find(all), all.end());
}

TEST(Head, MustBeNearTheClock) {
  const Instant now(1'800'000'000);
  const auto head = [](Instant time) { return Block{.number = 1, .hash = kBlock, .time = time}; };
  EXPECT_TRUE(check_head(head(now), now));
  EXPECT_TRUE(check_head(head(now - kOldestHead), now));
  EXPECT_FALSE(check_head(head(now - kOldestHead - std::chrono::seconds(1)), now));
  EXPECT_FALSE(check_head(head(now + kOldestHead + std::chrono::seconds(1)), now));
}

TEST(NotYet, SaysHowFarItIs) {
  const auto error = not_yet(2, 12, "Wait.").error();
  EXPECT_EQ(error.code, ErrorCode::Conflict);
  EXPECT_EQ(error.details->at("confirmations"), 2);
  EXPECT_EQ(error.details->at("confirmations_needed"), 12);
  EXPECT_EQ(error.retry_after, std::chrono::seconds(20));
}

TEST(Transaction, IsNamedByItsHash) {
  EXPECT_EQ(read_transaction_hash("0x" + std::string(64, 'A')).value(), "0x" + std::string(64, 'a'));
  for (const std::string& bad :
       {std::string(), std::string(66, 'a'), "0x" + std::string(63, 'a'), "0x" + std::string(64, 'g')})
    EXPECT_FALSE(read_transaction_hash(bad)) << bad;
}

}  // namespace
}  // namespace swarma::access::attest::evm
