// allowlist_token {nft, chain_id, token, token_id?}: the viewer's account owns a token (ERC-721, ERC-1155). The viewer
// signs with that account (EIP-712); the chain is asked who owns the token, in a block that is final.
//
// Challenge {"nft","chain_id","token","token_id"?,"typed_data","expires_at"} → response {"signature"}.
//
// Tokens change hands, so the attestation lives for minutes. Accounts that are contracts (ERC-1271) cannot sign here.
#include <nlohmann/json.hpp>

#include "access/attest/account_uses.h"
#include "access/attest/evm.h"
#include "access/attest/evm_rpc.h"
#include "access/attest/verifier.h"

namespace swarma::access::attest {
namespace {

constexpr std::chrono::minutes kOwnershipLife{10};

/// The token that a title asks for.
struct Token {
  std::uint64_t chain_id = 0;
  bool is_erc1155 = false;
  crypto::EthereumAddress contract;
  std::optional<Uint256> id;
};

Result<Token> read_token(const policy::Leaf& leaf) {
  SWARMA_TRY(const Json params, parse_json(leaf.params));
  const JsonReader reader(params, "token requirement");
  SWARMA_TRY(const std::string standard, reader.text("nft", 16));
  SWARMA_TRY(const std::int64_t chain, reader.integer("chain_id", 1, 9'007'199'254'740'991));
  SWARMA_TRY(const std::string contract_text, reader.text("token", 64));
  SWARMA_TRY(const auto contract, crypto::EthereumAddress::from_text(contract_text));
  Token token{static_cast<std::uint64_t>(chain), standard == "erc1155", contract, std::nullopt};
  if (!reader.has("token_id")) return token;
  SWARMA_TRY(const std::string id, reader.text("token_id", 78));
  SWARMA_TRY(token.id, Uint256::from_decimal(id));
  return token;
}

Json ownership_typed_data(const Token& token, const ActionContext& context, Expiry expires) {
  return evm::typed_data(
      token.chain_id, "Ownership",
      {{"statement", "string", "This account owns the token named here, and the viewer named here may watch the film."},
       {"title", "string", context.title.text()},
       {"viewer", "string", context.viewer},
       {"action", "string", context.action_id},
       {"token", "address", token.contract.text()},
       {"token_id", "string", token.id ? token.id->decimal() : std::string("any")},
       {"expires", "uint256", std::to_string(expires.unix_s())}});
}

std::string word(ByteView bytes) {
  const std::string hex = to_hex(bytes);
  return std::string(64 - hex.size(), '0') + hex;
}

/// What is asked of the contract: who owns the token, or how many of it the account has.
evm::Call ownership_call(const Token& token, const crypto::EthereumAddress& account, std::uint64_t block) {
  std::string data = "0x";
  if (token.is_erc1155 && token.id)
    data += "00fdd58e" + word(account.bytes()) + word(token.id->big_endian());
  else if (token.id)
    data += "6352211e" + word(token.id->big_endian());  // ownerOf
  else
    data += "70a08231" + word(account.bytes());  // balanceOf
  const Json params = {{{"to", token.contract.text()}, {"data", data}}, evm::quantity(block)};
  return {"eth_call", params.dump()};
}

/// The owner in 32 bytes, or the number of tokens.
bool shows_ownership(const Token& token, const crypto::EthereumAddress& account, const Uint256& answer) {
  if (token.is_erc1155 || !token.id) return answer > Uint256();
  std::array<std::uint8_t, 32> owner{};
  std::copy(account.bytes().begin(), account.bytes().end(), owner.begin() + 12);
  return answer == Uint256(owner);
}

/// What follows from the viewer's answer alone.
struct Holder {
  ActionContext context;
  Token token;
  crypto::EthereumAddress account;
};

/// The block to ask about: the newest that is final at every node, or where a chain has no such thing, one that lies as
/// deep as a payment must. The answers are [newest, finalized].
Result<std::uint64_t> choose_block(const Holder& holder, std::vector<evm::Answers>& answers) {
  std::uint64_t chosen = UINT64_MAX;
  for (evm::Answers& of_one : answers) {
    SWARMA_RETURN_IF_ERROR(of_one[0]);
    SWARMA_TRY(const evm::Block head, evm::read_block(*of_one[0]));
    SWARMA_RETURN_IF_ERROR(evm::check_head(head, holder.context.now));
    const auto last = of_one[1] ? evm::read_block(*of_one[1]) : std::unexpected(of_one[1].error());
    const std::uint64_t deep = head.number > evm::kDefaultConfirmations ? head.number - evm::kDefaultConfirmations : 0;
    chosen = std::min(chosen, last ? last->number : deep);
  }
  return chosen;
}

class NftVerifier final : public Verifier {
 public:
  explicit NftVerifier(const VerifierNeeds& needs) : key_(needs.network_key), rpc_(needs) {}

  policy::Requirement requirement() const override { return policy::Requirement::AllowlistToken; }
  std::string variant() const override { return "nft"; }
  bool is_for(const policy::Leaf& leaf) const override {
    const auto token = read_token(leaf);
    return token && rpc_.knows(token->chain_id);
  }
  double trust() const override { return 1; }
  std::string calibration() const override {
    return "The account that signed owned the token in a final block of the chain minutes ago. Who else uses the "
           "account "
           "is not known; it opens a title for " +
           std::to_string(kViewersPerAccount) + " viewer keys at most.";
  }

  void start(const ActionContext& context, Done<Challenge> done) override { done(challenge(context)); }

  void check(const ActionContext& context, const Json& state, const Json& response, Done<Evidence> done) override {
    auto read = read_holder(context, state, response);
    if (!read) return done(std::unexpected(std::move(read).error()));
    const auto holder = std::make_shared<const Holder>(*std::move(read));
    rpc_.ask(holder->token.chain_id,
             {{"eth_getBlockByNumber", R"(["latest",false])"}, {"eth_getBlockByNumber", R"(["finalized",false])"}},
             [this, holder, done = std::move(done)](Result<std::vector<evm::Answers>> answers) mutable {
               if (!answers) return done(std::unexpected(std::move(answers).error()));
               const auto block = choose_block(*holder, *answers);
               if (!block) return done(std::unexpected(block.error()));
               ask_owner(holder, *block, std::move(done));
             });
  }

 private:
  static Result<Challenge> challenge(const ActionContext& context) {
    SWARMA_TRY(const Token token, read_token(context.leaf));
    SWARMA_TRY(Json json, parse_json(context.leaf.params));
    const Expiry expires(context.now, kActionLife);
    json["typed_data"] = ownership_typed_data(token, context, expires);
    json["expires_at"] = expires.unix_s();
    SWARMA_TRY(std::string text, canonical_json(json));
    SWARMA_TRY(std::string state, canonical_json({{"expires_at", expires.unix_s()}}));
    return Challenge{.challenge = std::move(text), .state = std::move(state)};
  }

  static Result<Holder> read_holder(const ActionContext& context, const Json& state, const Json& response) {
    const JsonReader reader(response, "response");
    SWARMA_RETURN_IF_ERROR(reader.only({"signature"}));
    SWARMA_TRY(const std::string signature, reader.text("signature", 200));
    SWARMA_TRY(Token token, read_token(context.leaf));
    SWARMA_TRY(const Expiry expires, JsonReader(state, "action's state").expiry("expires_at"));
    SWARMA_TRY(const crypto::Digest digest, crypto::typed_data_digest(ownership_typed_data(token, context, expires)));
    SWARMA_TRY(const crypto::EthereumAddress account, crypto::signer_of(digest, signature));
    return Holder{context, std::move(token), account};
  }

  void ask_owner(const std::shared_ptr<const Holder>& holder, std::uint64_t block, Done<Evidence> done) const {
    rpc_.ask(holder->token.chain_id, {ownership_call(holder->token, holder->account, block)},
             [this, holder, block, done = std::move(done)](Result<std::vector<evm::Answers>> answers) mutable {
               done(conclude(*holder, block, std::move(answers)));
             });
  }

  Result<Evidence> conclude(const Holder& holder, std::uint64_t block,
                            Result<std::vector<evm::Answers>> answers) const {
    SWARMA_RETURN_IF_ERROR(answers);
    for (const evm::Answers& of_one : *answers) {
      if (!of_one[0] && of_one[0].error().reason != "call_reverted") return std::unexpected(of_one[0].error());
      const auto answer = of_one[0] ? evm::read_word(*of_one[0]) : std::nullopt;  // it reverts for a token nobody has
      if (!answer || !shows_ownership(holder.token, holder.account, *answer))
        return fail(ErrorCode::Forbidden, "not_owner",
                    "The account that signed does not own this token, in the last block of the chain that is final. A "
                    "token bought minutes ago counts a little later.");
    }
    const AccountUse use = account_use(key_, holder.context, "evm:" + holder.account.text());
    SWARMA_TRY(std::string evidence, canonical_json({{"chain_id", holder.token.chain_id}, {"block", block}}));
    return Evidence{
        .evidence = std::move(evidence),
        .trust = trust(),
        .claim = [context = holder.context, use](db::Session& session) { return use_account(session, context, use); },
        .life = kOwnershipLife};
  }

  crypto::SecretKey key_;
  evm::Rpc rpc_;
};

}  // namespace

std::unique_ptr<Verifier> make_nft_verifier(const VerifierNeeds& needs) {
  if (needs.outbound == nullptr || needs.payment.evm_rpc.empty()) return nullptr;
  return std::make_unique<NftVerifier>(needs);
}

}  // namespace swarma::access::attest
