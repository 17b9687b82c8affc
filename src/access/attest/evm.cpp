#include "access/attest/evm.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace swarma::access::attest::evm {
namespace {

// keccak256("Transfer(address,address,uint256)"): ERC-20 with three topics (this, from, to) and the amount as data.
// ERC-721 has four topics and no data.
constexpr std::string_view kTransfer = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef";
constexpr std::string_view kNoToken = "0x0000000000000000000000000000000000000000";

std::unexpected<Error> answer_bad() {
  return fail(ErrorCode::Unavailable, "chain_answer_bad",
              "The node of the chain gave an answer that cannot be read. The payment is not lost: try again later.",
              std::chrono::seconds(30));
}

bool is_hex(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::optional<std::string> hash_of(std::string_view text) {
  std::string hash = lower(text);
  if (hash.size() != 66 || !hash.starts_with("0x") || !is_hex(std::string_view(hash).substr(2))) return std::nullopt;
  return hash;
}

/// A member of an answer that must be a text.
std::optional<std::string> text_in(const Json& object, const char* name) {
  if (!object.is_object()) return std::nullopt;
  const auto found = object.find(name);
  if (found == object.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

Result<std::string> hash_in(const Json& object, const char* name) {
  const auto text = text_in(object, name);
  const auto hash = text ? hash_of(*text) : std::nullopt;
  if (!hash) return answer_bad();
  return *hash;
}

/// Null is no address: a transaction that makes a contract has no recipient.
Result<std::optional<crypto::EthereumAddress>> address_in(const Json& object, const char* name) {
  if (object.is_object() && object.contains(name) && object.at(name).is_null()) return std::nullopt;
  const auto text = text_in(object, name);
  const auto address = text ? crypto::EthereumAddress::from_text(lower(*text)) : answer_bad();
  if (!address) return answer_bad();
  return *address;
}

Result<std::uint64_t> number_in(const Json& object, const char* name) {
  if (!object.is_object() || !object.contains(name)) return answer_bad();
  return read_number(object.at(name));
}

/// An address in the 32 bytes of a topic.
std::optional<crypto::EthereumAddress> address_of_topic(const Json& topic) {
  if (!topic.is_string()) return std::nullopt;
  const auto hash = hash_of(topic.get_ref<const std::string&>());
  if (!hash || hash->substr(2, 24) != std::string(24, '0')) return std::nullopt;
  const auto address = crypto::EthereumAddress::from_text("0x" + hash->substr(26));
  return address ? std::optional(*address) : std::nullopt;
}

struct Transfer {
  std::int64_t log_index;
  crypto::EthereumAddress token, from, to;
  Uint256 amount;
};

/// A log that is an ERC-20 transfer.
std::optional<Transfer> read_transfer(const Json& log) {
  const auto token = address_in(log, "address");
  const auto index = number_in(log, "logIndex");
  if (!token || !*token || !index || !log.contains("topics") || !log.contains("data")) return std::nullopt;
  if (log.contains("removed") && log.at("removed") != false) return std::nullopt;
  const Json& topics = log.at("topics");
  if (!topics.is_array() || topics.size() != 3 || topics[0] != kTransfer) return std::nullopt;
  const auto from = address_of_topic(topics[1]);
  const auto to = address_of_topic(topics[2]);
  const auto amount = read_word(log.at("data"));
  if (!from || !to || !amount || *index > 1'000'000) return std::nullopt;
  return Transfer{static_cast<std::int64_t>(*index), **token, *from, *to, *amount};
}

/// The fault of a transfer that was to meet the price; nothing if it does.
std::optional<Error> fault_of(const Price& price, const Transfer& transfer) {
  if (transfer.token != price.token)
    return Error{ErrorCode::Forbidden, "payment_wrong_token",
                 "Another token was paid than the one this title asks for (" + price.token->text() + ")."};
  if (transfer.to != price.payee)
    return Error{ErrorCode::Forbidden, "payment_wrong_payee",
                 "The payment went to another account than the creator's (" + price.payee.text() + ")."};
  if (transfer.amount < price.amount)
    return Error{ErrorCode::Forbidden, "payment_too_small",
                 "The payment is " + transfer.amount.decimal() + ", the price is " + price.amount.decimal() + "."};
  return std::nullopt;
}

Result<Payment> find_transfer(const Price& price, Payment payment, const Json& logs,
                              std::optional<std::int64_t> log_index, const crypto::EthereumAddress& payer) {
  std::optional<Error> fault;
  for (const Json& log : logs) {
    const auto transfer = read_transfer(log);
    if (!transfer || (log_index && transfer->log_index != *log_index)) continue;
    auto wrong = fault_of(price, *transfer);
    if (wrong || (!log_index && transfer->from != payer)) {
      if (wrong && !fault) fault = std::move(wrong);
      continue;
    }
    payment.log_index = transfer->log_index;
    payment.payer = transfer->from;
    return payment;
  }
  if (fault) return std::unexpected(*std::move(fault));
  return fail(ErrorCode::Forbidden, "payment_not_found",
              "This transaction holds no transfer of the token from your account to the creator.");
}

Result<Payment> find_native(const Price& price, Payment payment, const Json& transaction) {
  SWARMA_TRY(const auto to, address_in(transaction, "to"));
  SWARMA_TRY(const std::string block_hash, hash_in(transaction, "blockHash"));
  const auto value = text_in(transaction, "value");
  const auto amount = value ? Uint256::from_quantity(*value) : answer_bad();
  if (!amount || block_hash != payment.block_hash) return answer_bad();
  if (to != price.payee)
    return fail(ErrorCode::Forbidden, "payment_wrong_payee",
                "The payment went to another account than the creator's (" + price.payee.text() + ").");
  if (*amount < price.amount)
    return fail(ErrorCode::Forbidden, "payment_too_small",
                "The payment is " + amount->decimal() + ", the price is " + price.amount.decimal() + ".");
  return payment;
}

}  // namespace

Result<Price> read_price(const Json& params) {
  const JsonReader reader(params, "payment requirement");
  SWARMA_TRY(const std::string method, reader.text("method", 32));
  SWARMA_TRY(const std::string payee_text, reader.text("address", 64));
  SWARMA_TRY(const auto payee, crypto::EthereumAddress::from_text(payee_text));
  SWARMA_TRY(const std::string amount_text, reader.text("amount", 78));
  SWARMA_TRY(const Uint256 amount, Uint256::from_decimal(amount_text));
  SWARMA_TRY(const std::int64_t chain, reader.integer_or("chain_id", 1, 9'007'199'254'740'991, 1));
  SWARMA_TRY(const std::int64_t confirmations,
             reader.integer_or("confirmations", 0, 1'000, static_cast<std::int64_t>(kDefaultConfirmations)));
  Price price{.chain_id = static_cast<std::uint64_t>(chain),
              .payee = payee,
              .token = std::nullopt,
              .amount = amount,
              .confirmations = static_cast<std::uint64_t>(std::max<std::int64_t>(confirmations, 1))};
  if (method != "erc20") return price;
  SWARMA_TRY(const std::string token_text, reader.text("token", 64));
  SWARMA_TRY(price.token, crypto::EthereumAddress::from_text(token_text));
  return price;
}

Json typed_data(std::uint64_t chain_id, const char* name, const std::vector<Member>& members) {
  const auto field = [](const char* called, const char* type) { return Json{{"name", called}, {"type", type}}; };
  Json fields = Json::array();
  Json message = Json::object();
  for (const Member& member : members) {
    fields.push_back(field(member.name, member.type));
    message[member.name] = member.value;
  }
  return {{"types",
           {{"EIP712Domain", {field("name", "string"), field("version", "string"), field("chainId", "uint256")}},
            {name, std::move(fields)}}},
          {"primaryType", name},
          {"domain", {{"name", "Swarma"}, {"version", "1"}, {"chainId", chain_id}}},
          {"message", std::move(message)}};
}

Json payment_typed_data(const Price& price, const ActionContext& context, Expiry expires) {
  return typed_data(
      price.chain_id, "Payment",
      {{"statement", "string", "This account pays for the film named here, and the viewer named here may watch it."},
       {"title", "string", context.title.text()},
       {"viewer", "string", context.viewer},
       {"action", "string", context.action_id},
       {"payee", "address", price.payee.text()},
       {"token", "address", price.token ? price.token->text() : std::string(kNoToken)},
       {"amount", "uint256", price.amount.decimal()},
       {"expires", "uint256", std::to_string(expires.unix_s())}});
}

Result<std::string> read_transaction_hash(std::string_view text) {
  const auto hash = hash_of(text);
  if (!hash)
    return fail(ErrorCode::BadRequest, "bad_transaction",
                "A transaction is named by \"0x\" and 64 hexadecimal digits: copy it from your wallet.");
  return *hash;
}

Result<std::uint64_t> read_number(const Json& quantity) {
  if (!quantity.is_string()) return answer_bad();
  const auto number = Uint256::from_quantity(quantity.get_ref<const std::string&>());
  if (!number || *number > Uint256(~std::uint64_t{0} >> 1)) return answer_bad();
  std::uint64_t value = 0;
  for (const std::uint8_t byte : number->big_endian()) value = value << 8 | byte;
  return value;
}

std::string quantity(std::uint64_t number) {
  char text[20];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(number));
  return text;
}

std::optional<Uint256> read_word(const Json& bytes) {
  if (!bytes.is_string() || bytes.get_ref<const std::string&>().size() != 66) return std::nullopt;
  const auto word = Uint256::from_quantity(bytes.get_ref<const std::string&>());
  return word ? std::optional(*word) : std::nullopt;
}

Result<Block> read_block(const Json& block) {
  Block out;
  SWARMA_TRY(out.number, number_in(block, "number"));
  SWARMA_TRY(out.hash, hash_in(block, "hash"));
  SWARMA_TRY(const std::uint64_t time, number_in(block, "timestamp"));
  if (time > 253'402'300'799) return answer_bad();  // the year 9999
  out.time = Instant(static_cast<std::int64_t>(time));
  return out;
}

std::unexpected<Error> not_yet(std::uint64_t confirmations, std::uint64_t needed, const std::string& sentence) {
  const auto missing = static_cast<std::int64_t>(needed > confirmations ? needed - confirmations : 1);
  Error error{ErrorCode::Conflict, "not_yet", sentence,
              std::chrono::seconds(std::clamp<std::int64_t>(missing * 2, 3, 30))};
  error.details =
      std::make_shared<const Json>(Json{{"confirmations", confirmations}, {"confirmations_needed", needed}});
  return std::unexpected(std::move(error));
}

Result<void> check_head(const Block& head, Instant now) {
  if (head.time + kOldestHead >= now && head.time <= now + kOldestHead) return {};
  return fail(ErrorCode::Unavailable, "chain_behind",
              "The node of the chain is not up to date, so it cannot be told what was paid. Nothing is lost: try again "
              "later.",
              std::chrono::seconds(60));
}

Result<Payment> find_payment(const Price& price, const Json& receipt, const Json& transaction,
                             std::optional<std::int64_t> log_index, const crypto::EthereumAddress& payer) {
  if (receipt.is_null() || transaction.is_null())
    return not_yet(0, price.confirmations,
                   "The chain has not taken this transaction into a block yet, or does not know it. Wait a little.");
  SWARMA_TRY(const std::uint64_t status, number_in(receipt, "status"));
  if (status != 1)
    return fail(ErrorCode::Forbidden, "payment_failed",
                "This transaction failed on the chain, so nothing was paid but its fee. Pay again.");
  SWARMA_TRY(const auto sender, address_in(receipt, "from"));
  if (!sender) return answer_bad();
  Payment payment{.block_hash = {}, .payer = *sender};
  SWARMA_TRY(payment.block_number, number_in(receipt, "blockNumber"));
  SWARMA_TRY(payment.block_hash, hash_in(receipt, "blockHash"));
  if (!price.token) return find_native(price, std::move(payment), transaction);
  if (!receipt.contains("logs") || !receipt.at("logs").is_array()) return answer_bad();
  return find_transfer(price, std::move(payment), receipt.at("logs"), log_index, payer);
}

}  // namespace swarma::access::attest::evm
