// allowlist_token {"list"}: the viewer knows a code of a list, which the CodeBook was given at publish. Challenge
// {"list"} → response {"code"}. What is secret here is compared as Argon2id hashes, all of a list in constant time; a
// guess is counted in the database before it is checked, so that many at once gain nothing.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "access/attest/code_book.h"
#include "access/attest/code_hash.h"
#include "access/attest/guesser.h"
#include "access/attest/verifier.h"
#include "crypto/secret.h"

namespace swarma::access::attest {
namespace {

class CodeVerifier final : public PromptVerifier {
 public:
  CodeVerifier(db::Database& database, const crypto::SecretKey& network_key)
      : database_(database), network_key_(network_key) {}

  policy::Requirement requirement() const override { return policy::Requirement::AllowlistToken; }
  bool is_for(const policy::Leaf& leaf) const override {
    const auto params = parse_json(leaf.params);
    return params && params->contains("list");
  }
  std::string variant() const override { return "code"; }
  double trust() const override { return 1; }
  std::string calibration() const override {
    return "The code is one the creator handed out; who handed it on is not known. Uses are counted per viewer key.";
  }

  Result<Challenge> challenge(const ActionContext& context) override {
    SWARMA_TRY(const std::string list, list_of(context));
    SWARMA_TRY(std::string challenge, canonical_json({{"list", list}}));
    return Challenge{std::move(challenge), "{}"};
  }

  Result<Evidence> judge(const ActionContext& context, const Json&, const Json& response) override {
    const JsonReader reader(response, "response");
    SWARMA_RETURN_IF_ERROR(reader.only({"code"}));
    SWARMA_TRY(const std::string code, reader.text("code", title::kMaxCodeLength));
    SWARMA_TRY(const std::string list, list_of(context));
    SWARMA_TRY(const std::chrono::seconds hold, count_attempt(context));
    if (context.guest) context.guest->hold = hold;
    SWARMA_TRY(const std::optional<Bytes> hash, find_code(context.title, list, code));
    if (!hash) return fail(ErrorCode::Forbidden, "wrong_code", "This code is not on the list. Check it and try again.");
    SWARMA_TRY(std::string evidence, canonical_json({{"list", list}}));
    return Evidence{std::move(evidence), trust(),
                    [context, list, hash = *hash, network = network_name_of(context)](db::Session& session) {
                      return use_code(session, context, list, hash, network);
                    }};
  }

 private:
  static Result<std::string> list_of(const ActionContext& context) {
    SWARMA_TRY(const Json params, parse_json(context.leaf.params));
    return JsonReader(params, "code requirement").text("list", 32);
  }

  static std::int64_t window_of(const ActionContext& context) { return context.now.unix_s() / kAttemptWindowSeconds; }

  static std::unexpected<Error> too_many_codes(const ActionContext& context) {
    const std::chrono::seconds wait((window_of(context) + 1) * kAttemptWindowSeconds - context.now.unix_s());
    return fail(ErrorCode::TooMany, "too_many_codes",
                "Too many wrong codes were tried. Wait " + std::to_string(wait.count()) + " seconds.", wait);
  }

  std::string network_name_of(const ActionContext& context) const {
    const std::string& network = !context.guest ? std::string() : context.guest->network;
    return "net:" + network_name(network_key_, window_of(context), context.title, network);
  }

  static Result<std::int64_t> count(db::Session& session, const ActionContext& context, const std::string& guesser) {
    SWARMA_TRY(
        const db::Rows rows,
        session.query("INSERT INTO code_attempts (time_window, title_id, viewer, attempts) VALUES ($1, $2, $3, 1) "
                      "ON CONFLICT (time_window, title_id, viewer) DO UPDATE SET attempts = code_attempts.attempts + 1 "
                      "RETURNING attempts",
                      {window_of(context), context.title.text(), guesser}));
    return rows.at(0).integer(0);
  }

  /// Counts a guess against the viewer and the network; a right one is given back by use_code. Gives the time for which
  /// the answer is held back.
  Result<std::chrono::seconds> count_attempt(const ActionContext& context) {
    std::chrono::seconds hold{0};
    SWARMA_RETURN_IF_ERROR(database_.transact([&](db::Session& session) -> Result<void> {
      hold = {};
      const std::string network = network_name_of(context);
      SWARMA_TRY(const std::int64_t of_network, count(session, context, network));
      SWARMA_TRY(const std::int64_t of_viewer, count(session, context, context.viewer));
      const bool slowed = of_network > kAttemptsPerNetwork;
      if (of_viewer > (slowed ? kSlowedAttempts : kAttemptsPerViewer)) return too_many_codes(context);
      if (!slowed) return {};
      SWARMA_TRY(hold, take_turn(session, context, network));
      return {};
    }));
    return hold;
  }

  /// The wait for the network's next turn, which is taken.
  static Result<std::chrono::seconds> take_turn(db::Session& session, const ActionContext& context,
                                                const std::string& network) {
    const db::Values row = {window_of(context), context.title.text(), network};
    SWARMA_TRY(const db::Rows rows,
               session.query(
                   "SELECT next_at FROM code_attempts WHERE time_window = $1 AND title_id = $2 AND viewer = $3", row));
    const std::int64_t now = context.now.unix_s();
    std::int64_t turn = std::max(rows.at(0).integer(0), now);
    if (turn - now > kMostHeldSeconds + kPaceSeconds) turn = now;  // the clock was set back
    const std::chrono::seconds wait(turn - now);
    if (wait.count() > kMostHeldSeconds)
      return fail(ErrorCode::TooMany, "too_many_codes",
                  "Too many wrong codes come from your network. Wait " + std::to_string(wait.count()) + " seconds.",
                  wait);
    SWARMA_RETURN_IF_ERROR(session.execute(
        "UPDATE code_attempts SET next_at = $4 WHERE time_window = $1 AND title_id = $2 AND viewer = $3",
        {row[0], row[1], row[2], turn + kPaceSeconds}));
    return wait;
  }

  /// The stored hash of this code, if it is on the list. Takes the same time for every code.
  Result<std::optional<Bytes>> find_code(const TitleId& title, const std::string& list, const std::string& code) {
    SWARMA_TRY(const db::Rows salts,
               database_.query("SELECT salt FROM code_lists WHERE title_id = $1 AND list = $2", {title.text(), list}));
    const Bytes salt = salts.empty() ? Bytes(kSaltBytes) : salts.front().blob(0);
    SWARMA_TRY(const Bytes hash, hash_code(code, salt));
    SWARMA_TRY(const db::Rows rows,
               database_.query("SELECT hash FROM codes WHERE title_id = $1 AND list = $2", {title.text(), list}));
    bool found = false;
    for (const db::Row& row : rows) found |= crypto::equal_in_constant_time(row.blob(0), hash);
    return found ? std::optional(hash) : std::nullopt;
  }

  static Result<void> use_code(db::Session& session, const ActionContext& context, const std::string& list,
                               const Bytes& hash, const std::string& network) {
    const std::string title = context.title.text();
    SWARMA_TRY(const std::int64_t first,
               session.execute("INSERT INTO code_uses (title_id, list, hash, viewer) VALUES ($1, $2, $3, $4) "
                               "ON CONFLICT (title_id, list, hash, viewer) DO NOTHING",
                               {title, list, hash, context.viewer}));
    // A known viewer takes no further use, but the code must still be on the list.
    SWARMA_TRY(const std::int64_t counted,
               session.execute("UPDATE codes SET uses = uses + $4 WHERE title_id = $1 AND list = $2 AND hash = $3 "
                               "AND ($4 = 0 OR max_uses = 0 OR uses < max_uses)",
                               {title, list, hash, first}));
    if (counted == 0)
      return fail(ErrorCode::Forbidden, "code_used_up", "This code has been used by as many viewers as it is for.");
    SWARMA_RETURN_IF_ERROR(
        session.execute("UPDATE code_attempts SET attempts = attempts - 1 WHERE time_window = $1 AND title_id = $2 "
                        "AND viewer IN ($3, $4)",
                        {window_of(context), title, network, context.viewer}));
    return {};
  }

  db::Database& database_;
  crypto::SecretKey network_key_;
};

}  // namespace

std::unique_ptr<Verifier> make_code_verifier(const VerifierNeeds& needs) {
  return std::make_unique<CodeVerifier>(needs.database, needs.network_key);
}

}  // namespace swarma::access::attest
