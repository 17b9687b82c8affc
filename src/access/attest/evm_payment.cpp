// crypto_payment by evm_native and erc20: the viewer pays the creator on a chain with a wallet of his own and signs,
// with the account that paid, that this viewer key may watch (EIP-712). The fee is the chain's and the viewer's.
//
// Challenge {"method","chain_id","payee","token"?,"amount","confirmations","uri" (EIP-681),"typed_data","expires_at"} →
// response {"transaction","signature","log_index"?}.
//
// The node asks the chain twice: what the transaction did, and again, with its block as the chain has it now, so that a
// block that was just replaced is not believed. (chain, transaction, log) is used once, over all titles, in the
// transaction that signs the attestation. What cannot be known right now is Unavailable and uses nothing up; the action
// stays open for a day. A payment counts from the first offer to this viewer on, so closing a program loses none.
#include <nlohmann/json.hpp>

#include "access/attest/evm.h"
#include "access/attest/evm_rpc.h"
#include "access/attest/evm_watch.h"
#include "access/attest/paid_once.h"
#include "access/attest/verifier.h"

namespace swarma::access::attest {
namespace {

/// What the viewer answered, and what follows from it alone.
struct Claim {
  ActionContext context;
  evm::Price price;
  std::string transaction;
  std::optional<std::int64_t> log_index;
  crypto::EthereumAddress signer;
  Instant offered_at;
};

std::string quoted(const std::string& text) {
  return "\"" + text + "\"";
}

/// What one node of the chain says about the payment.
struct Sighting {
  evm::Payment payment;
  std::uint64_t confirmations = 0;
};

/// First look: [receipt, transaction, newest block].
Result<Sighting> look(const Claim& claim, evm::Answers& answers) {
  for (const evm::Answer& answer : answers) SWARMA_RETURN_IF_ERROR(answer);
  SWARMA_TRY(const evm::Block head, evm::read_block(*answers[2]));
  SWARMA_RETURN_IF_ERROR(evm::check_head(head, claim.context.now));
  SWARMA_TRY(evm::Payment payment,
             evm::find_payment(claim.price, *answers[0], *answers[1], claim.log_index, claim.signer));
  if (payment.payer != claim.signer)
    return fail(ErrorCode::Forbidden, "payment_by_another",
                "The account that paid is not the one that signed. Sign with the account that paid.");
  const std::uint64_t depth = head.number < payment.block_number ? 0 : head.number - payment.block_number + 1;
  if (depth < claim.price.confirmations)
    return evm::not_yet(depth, claim.price.confirmations,
                        "The payment is there, " + std::to_string(depth) + " of " +
                            std::to_string(claim.price.confirmations) + " blocks deep. Wait a little.");
  return Sighting{std::move(payment), depth};
}

/// Second look: [receipt, the block of that number].
Result<void> look_again(const Claim& claim, const evm::Payment& payment, evm::Answers& answers) {
  for (const evm::Answer& answer : answers) SWARMA_RETURN_IF_ERROR(answer);
  const auto moved = [&] {
    return evm::not_yet(0, claim.price.confirmations,
                        "The chain has just replaced the block of this payment: wait until it lies deep enough again.");
  };
  if (answers[0]->is_null() || answers[1]->is_null()) return moved();
  SWARMA_TRY(const evm::Block block, evm::read_block(*answers[1]));
  const auto hash = answers[0]->find("blockHash");
  if (block.hash != payment.block_hash || hash == answers[0]->end() || *hash != payment.block_hash.c_str())
    return moved();
  if (block.time + evm::kSkew < claim.offered_at)
    return fail(ErrorCode::Forbidden, "payment_too_old",
                "This payment was made before it was asked for, so it was for something else.");
  return {};
}

class EvmPaymentVerifier final : public Verifier {
 public:
  explicit EvmPaymentVerifier(const VerifierNeeds& needs)
      : database_(needs.database), take_back_(needs.take_back), rpc_(needs) {}

  policy::Requirement requirement() const override { return policy::Requirement::CryptoPayment; }
  std::string variant() const override { return "evm"; }
  bool is_for(const policy::Leaf& leaf) const override {
    const auto params = parse_json(leaf.params);
    if (!params) return false;
    const std::string method = params->value("method", "");
    return (method == "evm_native" || method == "erc20") && rpc_.knows(params->value("chain_id", std::uint64_t{1}));
  }
  double trust() const override { return 1; }
  std::string calibration() const override {
    return "The chain holds the payment as deep as the creator asked for, and the account that paid signed for this "
           "viewer. Every payment counts once.";
  }

  void tend(Instant now) override { evm::look_after_payments(database_, rpc_, take_back_, now); }

  void start(const ActionContext& context, Done<Challenge> done) override { done(challenge(context)); }

  void check(const ActionContext& context, const Json& state, const Json& response, Done<Evidence> done) override {
    auto read = read_claim(context, state, response);
    if (!read) return done(std::unexpected(std::move(read).error()));
    const auto claim = std::make_shared<const Claim>(*std::move(read));
    const std::string hash = "[" + quoted(claim->transaction) + "]";
    rpc_.ask(claim->price.chain_id,
             {{"eth_getTransactionReceipt", hash},
              {"eth_getTransactionByHash", hash},
              {"eth_getBlockByNumber", R"(["latest",false])"}},
             [this, claim, done = std::move(done)](Result<std::vector<evm::Answers>> answers) mutable {
               auto sighting = agree(*claim, std::move(answers));
               if (!sighting) return done(std::unexpected(std::move(sighting).error()));
               ask_again(claim, *std::move(sighting), std::move(done));
             });
  }

 private:
  Result<Challenge> challenge(const ActionContext& context) const {
    SWARMA_TRY(const Json params, parse_json(context.leaf.params));
    SWARMA_TRY(const evm::Price price, evm::read_price(params));
    const Expiry expires(context.now, kPaymentLife);
    const std::string chain = "@" + std::to_string(price.chain_id);
    const std::string uri = price.token
                                ? "ethereum:" + price.token->text() + chain +
                                      "/transfer?address=" + price.payee.text() + "&uint256=" + price.amount.decimal()
                                : "ethereum:" + price.payee.text() + chain + "?value=" + price.amount.decimal();
    Json json = {{"method", params.at("method")},
                 {"chain_id", price.chain_id},
                 {"payee", price.payee.text()},
                 {"amount", price.amount.decimal()},
                 {"confirmations", price.confirmations},
                 {"uri", uri},
                 {"typed_data", evm::payment_typed_data(price, context, expires)},
                 {"expires_at", expires.unix_s()}};
    if (price.token) json["token"] = price.token->text();
    SWARMA_TRY(std::string text, canonical_json(json));
    SWARMA_TRY(const Instant offered_at, first_offered(context));
    SWARMA_TRY(std::string state,
               canonical_json({{"offered_at", offered_at.unix_s()}, {"expires_at", expires.unix_s()}}));
    return Challenge{.challenge = std::move(text), .state = std::move(state), .life = kPaymentLife};
  }

  /// When this viewer was first asked for this payment: he may have paid since, and closed his program.
  Result<Instant> first_offered(const ActionContext& context) const {
    SWARMA_TRY(const auto earlier, earlier_states(database_, context));
    Instant first = context.now;
    for (const Json& state : earlier) {
      SWARMA_TRY(const Instant offered_at, JsonReader(state, "action's state").instant("offered_at"));
      first = std::min(first, offered_at);
    }
    return first;
  }

  static Result<Claim> read_claim(const ActionContext& context, const Json& state, const Json& response) {
    const JsonReader reader(response, "response");
    SWARMA_RETURN_IF_ERROR(reader.only({"transaction", "signature", "log_index"}));
    SWARMA_TRY(const std::string transaction_text, reader.text("transaction", 80));
    SWARMA_TRY(const std::string transaction, evm::read_transaction_hash(transaction_text));
    SWARMA_TRY(const std::string signature, reader.text("signature", 200));
    std::optional<std::int64_t> log_index;
    if (reader.has("log_index")) {
      SWARMA_TRY(log_index, reader.integer("log_index", 0, 1'000'000));
    }
    SWARMA_TRY(const Json params, parse_json(context.leaf.params));
    SWARMA_TRY(evm::Price price, evm::read_price(params));
    const JsonReader remembered(state, "action's state");
    SWARMA_TRY(const Instant offered_at, remembered.instant("offered_at"));
    SWARMA_TRY(const Expiry expires, remembered.expiry("expires_at"));
    SWARMA_TRY(const crypto::Digest digest,
               crypto::typed_data_digest(evm::payment_typed_data(price, context, expires)));
    SWARMA_TRY(const crypto::EthereumAddress signer, crypto::signer_of(digest, signature));
    return Claim{context, std::move(price), transaction, log_index, signer, offered_at};
  }

  /// All nodes of the chain must say the same.
  static Result<Sighting> agree(const Claim& claim, Result<std::vector<evm::Answers>> answers) {
    SWARMA_RETURN_IF_ERROR(answers);
    std::optional<Sighting> all;
    for (evm::Answers& of_one : *answers) {
      SWARMA_TRY(Sighting sighting, look(claim, of_one));
      if (all && all->payment != sighting.payment)
        return fail(ErrorCode::Unavailable, "chain_disagrees",
                    "Two nodes of the chain say different things about this payment. Nothing was used up: try again "
                    "later.",
                    std::chrono::seconds(30));
      all = std::move(sighting);
    }
    return *std::move(all);
  }

  void ask_again(const std::shared_ptr<const Claim>& claim, Sighting sighting, Done<Evidence> done) const {
    rpc_.ask(claim->price.chain_id,
             {{"eth_getTransactionReceipt", "[" + quoted(claim->transaction) + "]"},
              {"eth_getBlockByNumber", "[" + quoted(evm::quantity(sighting.payment.block_number)) + ",false]"}},
             [claim, sighting, done = std::move(done)](Result<std::vector<evm::Answers>> answers) mutable {
               done(conclude(*claim, sighting, std::move(answers)));
             });
  }

  static Result<Evidence> conclude(const Claim& claim, const Sighting& sighting,
                                   Result<std::vector<evm::Answers>> answers) {
    SWARMA_RETURN_IF_ERROR(answers);
    for (evm::Answers& of_one : *answers) SWARMA_RETURN_IF_ERROR(look_again(claim, sighting.payment, of_one));
    Json json = {{"chain_id", claim.price.chain_id},
                 {"transaction", claim.transaction},
                 {"block", sighting.payment.block_hash},
                 {"confirmations", sighting.confirmations}};
    if (claim.price.token) json["log_index"] = sighting.payment.log_index;
    SWARMA_TRY(std::string text, canonical_json(json));
    Evidence evidence{.evidence = std::move(text), .trust = 1, .life = kPaidAttestationLife};
    const std::string chain = "evm:" + std::to_string(claim.price.chain_id);
    const std::int64_t log_index = sighting.payment.log_index;
    evidence.basis = chain + ":" + claim.transaction + ":" + std::to_string(log_index) + ":" + claim.context.action_id;
    evidence.claim = [chain, transaction = claim.transaction, log_index](db::Session& session) {
      return use_payment(session, chain, transaction, log_index);
    };
    evidence.remember = [watched = evm::Watched{.chain_id = claim.price.chain_id,
                                                .transaction = claim.transaction,
                                                .log_index = log_index,
                                                .attestation_id = {},
                                                .basis = evidence.basis},
                         now = claim.context.now](db::Session& session, const std::string& id) {
      evm::Watched payment = watched;
      payment.attestation_id = id;
      return evm::watch_payment(session, payment, now);
    };
    return evidence;
  }

  db::Database& database_;
  evm::TakeBack take_back_;
  evm::Rpc rpc_;
};

}  // namespace

std::unique_ptr<Verifier> make_evm_payment_verifier(const VerifierNeeds& needs) {
  if (needs.outbound == nullptr || needs.payment.evm_rpc.empty()) return nullptr;
  return std::make_unique<EvmPaymentVerifier>(needs);
}

}  // namespace swarma::access::attest
