// What the nodes of an EVM chain say about payments and tokens, read and judged. Pure: nothing here asks anybody.
// JSON-RPC as ethereum/execution-apis writes it: quantities and bytes are "0x" and hex digits.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "access/attest/verifier.h"
#include "base/uint256.h"
#include "crypto/ethereum.h"

namespace swarma::access::attest::evm {

/// Blocks under which a payment lies before it counts, where the creator said nothing.
inline constexpr std::uint64_t kDefaultConfirmations = 12;
/// A node whose newest block is older than this is not up to date, or its chain stands still.
inline constexpr std::chrono::minutes kOldestHead{15};
/// By how much the clocks of a chain and of this node may differ.
inline constexpr std::chrono::seconds kSkew{60};

/// What a title asks to be paid: the coin of a chain, or an ERC-20 token.
struct Price {
  std::uint64_t chain_id = 0;
  crypto::EthereumAddress payee;
  std::optional<crypto::EthereumAddress> token;
  Uint256 amount;
  std::uint64_t confirmations = kDefaultConfirmations;
};
/// From the parameters of crypto_payment with the method evm_native or erc20. BadRequest "bad_address": the creator
/// wrote down an address whose checksum is wrong.
Result<Price> read_price(const Json& params);

/// One member of what a wallet is asked to sign.
struct Member {
  const char* name;
  const char* type;
  std::string value;  // of a number: its decimal digits
};
/// What a wallet signs (EIP-712), as it is given to eth_signTypedData_v4.
Json typed_data(std::uint64_t chain_id, const char* name, const std::vector<Member>& members);

/// What a payer signs with the account that paid (EIP-712): whoever holds this viewer's key may watch this title. So
/// nobody else can use a payment that everybody sees.
Json payment_typed_data(const Price& price, const ActionContext& context, Expiry expires);

/// A transaction hash as a viewer gives it: "0x" and 64 hex digits, made lower case. BadRequest "bad_transaction".
Result<std::string> read_transaction_hash(std::string_view text);

/// One block. Unavailable "chain_answer_bad" for anything else, here and below.
struct Block {
  std::uint64_t number = 0;
  std::string hash;
  Instant time;
};
Result<Block> read_block(const Json& block);
Result<std::uint64_t> read_number(const Json& quantity);
std::string quantity(std::uint64_t number);
/// The 32 bytes that a call returned; nothing for anything else, such as no contract at all.
std::optional<Uint256> read_word(const Json& bytes);

/// A payment that is in a block.
struct Payment {
  std::uint64_t block_number = 0;
  std::string block_hash;
  crypto::EthereumAddress payer;
  std::int64_t log_index = -1;  // of the transfer of a token; -1 for the chain's own coin
  friend bool operator==(const Payment&, const Payment&) = default;
};
/// The payment that a transaction made, if it meets the price. `receipt` and `transaction` are the chain's answers
/// about it; `log_index` says which transfer of a token is meant (nothing: the first that fits, by `payer`). Conflict
/// "not_yet" while it is in no block; Forbidden payment_failed, payment_wrong_payee, payment_wrong_token,
/// payment_too_small, payment_not_found.
Result<Payment> find_payment(const Price& price, const Json& receipt, const Json& transaction,
                             std::optional<std::int64_t> log_index, const crypto::EthereumAddress& payer);

/// Conflict "not_yet": how deep the payment lies, and how deep it must. A viewer asks again after a while.
std::unexpected<Error> not_yet(std::uint64_t confirmations, std::uint64_t needed, const std::string& sentence);

/// Unavailable "chain_behind" when the newest block is far from `now`.
Result<void> check_head(const Block& head, Instant now);

}  // namespace swarma::access::attest::evm
