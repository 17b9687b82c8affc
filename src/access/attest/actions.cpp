#include "access/attest/actions.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>

#include "access/attest/account_uses.h"
#include "access/attest/code_book.h"
#include "access/attest/email_limits.h"
#include "access/attest/puzzle_load.h"
#include "access/attest/recently_issued.h"
#include "access/attest/sole_account.h"
#include "access/attest/verifier_record.h"
#include "base/random.h"
#include "crypto/hash.h"

namespace swarma::access::attest {
namespace {

std::string random_id() {
  return to_base64url(random_array<16>());
}

/// Ids come from outside and go into SQL parameters and sentences: 22 characters of base64url, like random_id() makes.
bool is_id(std::string_view text) {
  const auto bytes = parse_base64url(text);
  return bytes && bytes->size() == 16;
}

std::unexpected<Error> no_such_action() {
  return fail(ErrorCode::NotFound, "action_unknown", "There is no such action. Start one with actions/start.");
}

std::unexpected<Error> no_such_attestation() {
  return fail(ErrorCode::NotFound, "attestation_unknown",
              "This node has issued no such attestation, or it is long gone.");
}

/// A row of the table actions that is open.
struct OpenAction {
  ActionContext context;
  Json state;
  std::int64_t notes = 0;
};

constexpr std::string_view kOpenColumns =
    "action_id, title_id, creator_jkt, viewer, requirement, params, min_trust, state, notes, tries";

Result<OpenAction> read_open(const db::Row& row, Instant now, std::shared_ptr<Guest> guest) {
  SWARMA_TRY(const TitleId title, TitleId::parse(row.text(1)));
  const auto requirement = policy::find_requirement(row.text(4));
  if (!requirement)
    return fail(ErrorCode::Internal, "bad_row", "An action in the database names a requirement that does not exist.");
  policy::Leaf leaf{*requirement, row.text(5), row.real(6), policy::leaf_key(*requirement, row.text(5))};
  SWARMA_TRY(Json state, parse_json(row.text(7)));
  return OpenAction{{.action_id = row.text(0),
                     .title = title,
                     .creator_jkt = row.text(2),
                     .viewer = row.text(3),
                     .leaf = std::move(leaf),
                     .now = now,
                     .tries = row.integer(9),
                     .guest = std::move(guest)},
                    std::move(state),
                    row.integer(8)};
}

std::string return_hash(std::string_view key) {
  return to_base64url(crypto::sha256(view(key)));
}

/// What cannot be known right now.
bool is_failure(const Error& error) {
  return error.code == ErrorCode::Unavailable || error.code == ErrorCode::Io || error.code == ErrorCode::Internal;
}

/// What is under way, or cannot be known right now, is no wrong answer.
bool counts_as_try(const Error& error) {
  return error.reason != "not_yet" && !is_failure(error);
}

}  // namespace

struct Actions::Impl : std::enable_shared_from_this<Actions::Impl> {
  Impl(db::Database& rows, const Clock& time, const crypto::SigningKey& key, std::vector<std::unique_ptr<Verifier>> all,
       RecentlyIssued* lately)
      : database(rows), clock(time), issuer(key), verifiers(std::move(all)), recent(lately) {}

  db::Database& database;
  const Clock& clock;
  const crypto::SigningKey& issuer;
  std::vector<std::unique_ptr<Verifier>> verifiers;
  RecentlyIssued* recent;
  UnhurriedClock unhurried{clock};
  mutable std::mutex mutex;
  std::map<const Verifier*, VerifierHealth> health;

  /// After a verifier has done something.
  template <class T>
  void note_health(const Verifier* verifier, const Result<T>& result) {
    const bool failed = !result && is_failure(result.error());
    if (!result && !failed) return;
    const std::lock_guard lock(mutex);
    VerifierHealth& now = health[verifier];
    (failed ? now.last_failure : now.last_success) = clock.now();
    if (failed) now.failure = result.error().reason;
  }

  Verifier* find(const policy::Leaf& leaf) const {
    for (const auto& verifier : verifiers)
      if (verifier->requirement() == leaf.requirement && verifier->is_for(leaf)) return verifier.get();
    return nullptr;
  }
  bool works(const policy::Leaf& leaf) const {
    const Verifier* verifier = find(leaf);
    return verifier != nullptr && verifier->lacks().empty();
  }

  Result<Verifier*> get(const policy::Leaf& leaf) const {
    if (Verifier* verifier = find(leaf)) {
      if (const std::string missing = verifier->lacks(); !missing.empty())
        return fail(ErrorCode::Unsupported, "no_verifier",
                    "This node cannot check " + std::string(policy::to_string(leaf.requirement)) + ": it lacks " +
                        missing + ". Choose another way to unlock.");
      return verifier;
    }
    return fail(ErrorCode::Unsupported, "no_verifier",
                "This node has no verifier for " + std::string(policy::to_string(leaf.requirement)) +
                    " as it is asked for here. Choose another way to unlock.");
  }

  /// Counts a try and gives the action, or says why it cannot be completed.
  Result<OpenAction> take_try(const std::string& action_id, const Answerer& by, Instant now) {
    SWARMA_TRY(const db::Rows rows,
               database.query(
                   "UPDATE actions SET tries = tries + 1 WHERE action_id = $1 AND viewer = $2 AND completed_at IS NULL "
                   "AND expires_at > $3 AND tries < $4 RETURNING " +
                       std::string(kOpenColumns),
                   {action_id, by.viewer, now.unix_s(), kMaxTries}));
    if (rows.empty()) return why_not(action_id, by.viewer, now);
    return read_open(rows.front(), now, by.guest);
  }

  Result<void> give_try_back(const std::string& action_id) {
    SWARMA_RETURN_IF_ERROR(
        database.execute("UPDATE actions SET tries = tries - 1 WHERE action_id = $1 AND tries > 0", {action_id}));
    return {};
  }

  void note(OpenAction action, const Json& message, Done<Json> done);
  Result<Json> settle_note(const OpenAction& action, Result<Noted> noted);
  Result<StartedAction> settle_start(const StartAction& request, const ActionContext& context,
                                     Result<Challenge> challenge);
  Result<IssuedAttestation> issue(const OpenAction& action, Result<Evidence> evidence);

  std::unexpected<Error> why_not(const std::string& action_id, const std::string& viewer, Instant now) {
    auto rows =
        database.query("SELECT viewer, completed_at, expires_at FROM actions WHERE action_id = $1", {action_id});
    if (!rows) return std::unexpected(std::move(rows).error());
    if (rows->empty()) return no_such_action();
    const db::Row& row = rows->front();
    if (row.text(0) != viewer)
      return fail(ErrorCode::Forbidden, "action_wrong_viewer", "This action was started by another viewer.");
    if (!row.is_null(1))
      return fail(ErrorCode::Conflict, "action_completed", "This action has been completed already: start another.");
    if (Expiry(row.integer(2)).has_passed(now))
      return fail(ErrorCode::Forbidden, "action_expired", "This action has expired: start another.");
    return fail(ErrorCode::TooMany, "too_many_tries",
                "This action was answered wrongly " + std::to_string(kMaxTries) + " times: start another.",
                std::chrono::seconds(1));
  }

  /// Until the first of a viewer's open actions has expired.
  std::unexpected<Error> too_many_actions(const StartAction& request, Instant now) {
    auto rows = database.query(
        "SELECT MIN(expires_at) FROM actions WHERE viewer = $1 AND title_id = $2 AND expires_at > $3 AND "
        "completed_at IS NULL",
        {request.viewer, request.title.text(), now.unix_s()});
    if (!rows) return std::unexpected(std::move(rows).error());
    const std::chrono::seconds wait =
        rows->front().is_null(0) ? std::chrono::seconds(1) : Expiry(rows->front().integer(0)).left(now);
    return fail(ErrorCode::TooMany, "too_many_actions",
                "Too many actions of yours are open for this title: complete one, or wait " +
                    std::to_string(wait.count()) + " seconds.",
                wait);
  }

  Result<std::int64_t> prune_attestations(Expiry limit);

  /// Ends the action, runs the verifier's claim and remembers the attestation, all or nothing.
  Result<void> settle(const OpenAction& action, const Attestation& attestation, const std::string& jws,
                      const Evidence& evidence) {
    return database.transact([&](db::Session& session) -> Result<void> {
      SWARMA_TRY(const std::int64_t ended,
                 session.execute("UPDATE actions SET completed_at = $2 WHERE action_id = $1 AND completed_at IS NULL",
                                 {action.context.action_id, attestation.issued_at.unix_s()}));
      if (ended != 1)
        return fail(ErrorCode::Conflict, "action_completed", "This action has been completed already: start another.");
      if (evidence.claim) SWARMA_RETURN_IF_ERROR(evidence.claim(session));
      SWARMA_RETURN_IF_ERROR(session.execute(
          "INSERT INTO attestations (issuer, attestation_id, title_id, subject, creator_jkt, digest, expires_at, "
          "requirement, variant, basis) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
          {attestation.issuer.text(), attestation.id, attestation.title.text(), attestation.subject,
           action.context.creator_jkt, attestation_digest(jws), attestation.expires_at.unix_s(),
           std::string(policy::to_string(attestation.requirement)), find(action.context.leaf)->variant(),
           attestation.basis}));
      if (evidence.remember) SWARMA_RETURN_IF_ERROR(evidence.remember(session, attestation.id));
      return {};
    });
  }
};

Actions::Actions(db::Database& database, const Clock& clock, const crypto::SigningKey& issuer,
                 std::vector<std::unique_ptr<Verifier>> verifiers, RecentlyIssued* recent)
    : impl_(std::make_shared<Impl>(database, clock, issuer, std::move(verifiers), recent)) {}
Actions::~Actions() {
  for (const auto& verifier : impl_->verifiers) verifier->stop();
}

bool Actions::available(const policy::Leaf& leaf) const {
  return impl_->works(leaf);
}

Result<std::vector<VerifierInfo>> Actions::verifiers() const {
  SWARMA_TRY(const auto outcomes, count_outcomes(impl_->database));
  std::vector<VerifierInfo> out;
  const std::lock_guard lock(impl_->mutex);
  for (const auto& verifier : impl_->verifiers) {
    VerifierInfo info{issuer().text(),
                      verifier->requirement(),
                      verifier->variant(),
                      verifier->trust(),
                      verifier->calibration(),
                      verifier->lacks(),
                      {},
                      {}};
    if (const auto found = impl_->health.find(verifier.get()); found != impl_->health.end())
      info.health = found->second;
    const VerifierName name{info.issuer, policy::to_string(info.requirement), info.variant};
    if (const auto found = outcomes.find(name); found != outcomes.end()) info.outcomes = found->second;
    out.push_back(std::move(info));
  }
  return out;
}

Result<std::string> Actions::verifier_record(const std::string& url) const {
  const Instant now = impl_->clock.now();
  VerifierRecord record{.issuer = issuer(),
                        .url = url,
                        .issued_at = now,
                        .expires_at = Expiry(now, kVerifierRecordLife),
                        .verifiers = {}};
  for (const auto& verifier : impl_->verifiers)
    record.verifiers.push_back({verifier->requirement(), verifier->variant(), verifier->trust(),
                                verifier->calibration(), verifier->lacks().empty()});
  return sign_verifier_record(record, impl_->issuer);
}

Result<std::string> Actions::revoked_record() const {
  const Instant now = impl_->clock.now();
  SWARMA_TRY(const db::Rows rows,
             impl_->database.query("SELECT attestation_id FROM attestations WHERE (revoked_at IS NOT NULL OR "
                                   "contradicted_at IS NOT NULL) AND issuer = "
                                   "$1 AND expires_at > $2 LIMIT $3",
                                   {issuer().text(), now.unix_s(), static_cast<std::int64_t>(kMaxRevokedIds + 1)}));
  if (rows.size() > kMaxRevokedIds)
    return fail(ErrorCode::Unavailable, "too_many_revoked",
                "More attestations are revoked than one list holds: those who ask must take them for unknown.",
                std::chrono::seconds(60));
  std::vector<std::string> ids;
  for (const db::Row& row : rows) ids.push_back(row.text(0));
  return sign_revoked(ids, impl_->issuer, now);
}

const crypto::Did& Actions::issuer() const {
  return impl_->issuer.did();
}

void Actions::start(StartAction request, Done<StartedAction> done) {
  const auto verifier = impl_->get(request.leaf);
  if (!verifier) return done(std::unexpected(verifier.error()));
  const ActionContext context{.action_id = random_id(),
                              .title = request.title,
                              .creator_jkt = crypto::thumbprint(request.creator.public_key()),
                              .viewer = request.viewer,
                              .leaf = request.leaf,
                              .now = impl_->clock.now(),
                              .return_key = random_id(),
                              .base_url = request.base_url,
                              .guest = request.guest};
  (*verifier)->start(context, [impl = impl_, verifier = *verifier, request = std::move(request), context,
                               done = std::move(done)](Result<Challenge> challenge) mutable {
    if (!challenge) impl->note_health(verifier, challenge);
    done(impl->settle_start(request, context, std::move(challenge)));
  });
}

Result<StartedAction> Actions::Impl::settle_start(const StartAction& request, const ActionContext& context,
                                                  Result<Challenge> challenge) {
  SWARMA_RETURN_IF_ERROR(challenge);
  const Instant now = context.now;
  StartedAction started{context.action_id, request.leaf.requirement, std::move(challenge->challenge),
                        Expiry(now, std::clamp<std::chrono::seconds>(challenge->life, kMinActionLife, kMaxActionLife))};
  const db::Value hash = challenge->returns ? db::Value(return_hash(context.return_key)) : db::Value(nullptr);
  SWARMA_TRY(const std::int64_t written,
             database.execute(
                 "INSERT INTO actions (action_id, title_id, creator_jkt, viewer, requirement, params, min_trust, "
                 "state, tries, expires_at, return_hash) "
                 "SELECT $1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $12 WHERE "
                 "(SELECT COUNT(*) FROM actions WHERE viewer = $4 AND title_id = $2 AND expires_at > $10 AND "
                 "completed_at IS NULL) < $11",
                 {started.action_id, request.title.text(), context.creator_jkt, request.viewer,
                  std::string(policy::to_string(request.leaf.requirement)), request.leaf.params, request.leaf.min_trust,
                  challenge->state, started.expires_at.unix_s(), now.unix_s(), kMaxOpenActions, hash}));
  if (written == 0) return too_many_actions(request, now);
  return started;
}

void Actions::note(std::string_view action_id, Answerer by, const Json& message, Done<Json> done) {
  if (!is_id(action_id)) return done(no_such_action());
  const Instant now = impl_->clock.now();
  const std::string id(action_id);
  const auto rows = impl_->database.query("SELECT " + std::string(kOpenColumns) +
                                              " FROM actions WHERE action_id = $1 AND viewer = $2 AND completed_at IS "
                                              "NULL AND expires_at > $3",
                                          {id, by.viewer, now.unix_s()});
  if (!rows) return done(std::unexpected(rows.error()));
  if (rows->empty()) return done(impl_->why_not(id, by.viewer, now));
  auto action = read_open(rows->front(), now, std::move(by.guest));
  if (!action) return done(std::unexpected(std::move(action).error()));
  impl_->note(*std::move(action), message, std::move(done));
}

void Actions::note_return(std::string_view return_key, Answerer by, const Json& message, Done<Json> done) {
  if (!is_id(return_key)) return done(no_such_action());
  const Instant now = impl_->clock.now();
  const auto rows =
      impl_->database.query("SELECT " + std::string(kOpenColumns) +
                                " FROM actions WHERE return_hash = $1 AND completed_at IS NULL AND expires_at > $2",
                            {return_hash(return_key), now.unix_s()});
  if (!rows) return done(std::unexpected(rows.error()));
  if (rows->empty()) return done(no_such_action());
  auto action = read_open(rows->front(), now, std::move(by.guest));
  if (!action) return done(std::unexpected(std::move(action).error()));
  impl_->note(*std::move(action), message, std::move(done));
}

void Actions::Impl::note(OpenAction open, const Json& message, Done<Json> done) {
  const auto verifier = get(open.context.leaf);
  if (!verifier) return done(std::unexpected(verifier.error()));
  if (open.notes >= kMaxNotes)
    return done(fail(ErrorCode::TooMany, "too_many_messages",
                     "Too many messages were sent for this action: start another.", std::chrono::seconds(1)));
  const auto action = std::make_shared<const OpenAction>(std::move(open));
  (*verifier)->note(
      action->context, action->state, message,
      [impl = shared_from_this(), verifier = *verifier, action, done = std::move(done)](Result<Noted> noted) mutable {
        if (!noted) impl->note_health(verifier, noted);
        done(impl->settle_note(*action, std::move(noted)));
      });
}

/// Of several messages to one state one is taken.
Result<Json> Actions::Impl::settle_note(const OpenAction& action, Result<Noted> noted) {
  SWARMA_RETURN_IF_ERROR(noted);
  SWARMA_TRY(
      const std::int64_t taken,
      database.execute("UPDATE actions SET state = $3, notes = notes + 1 WHERE action_id = $1 AND notes = $2 AND "
                       "completed_at IS NULL",
                       {action.context.action_id, action.notes, noted->state}));
  if (taken != 1)
    return fail(ErrorCode::Conflict, "action_moved_on",
                "Another message to this action was taken at the same moment: send this one again if it still matters.",
                std::chrono::seconds(1));
  return parse_json(noted->reply);
}

void Actions::complete(std::string_view action_id, Answerer by, const Json& response, Done<IssuedAttestation> done) {
  if (!is_id(action_id)) return done(no_such_action());
  auto taken = impl_->take_try(std::string(action_id), by, impl_->clock.now());
  if (!taken) return done(std::unexpected(std::move(taken).error()));
  const auto verifier = impl_->get(taken->context.leaf);
  if (!verifier) return done(std::unexpected(verifier.error()));
  const auto action = std::make_shared<const OpenAction>(*std::move(taken));
  (*verifier)->check(
      action->context, action->state, response,
      [impl = impl_, verifier = *verifier, action, done = std::move(done)](Result<Evidence> evidence) mutable {
        impl->note_health(verifier, evidence);
        done(impl->issue(*action, std::move(evidence)));
      });
}

Result<IssuedAttestation> Actions::Impl::issue(const OpenAction& action, Result<Evidence> evidence) {
  if (!evidence) {
    if (!counts_as_try(evidence.error())) SWARMA_RETURN_IF_ERROR(give_try_back(action.context.action_id));
    return std::unexpected(std::move(evidence).error());
  }
  const Instant now = action.context.now;
  Attestation attestation{
      .id = random_id(),
      .issuer = issuer.did(),
      .subject = action.context.viewer,
      .title = action.context.title,
      .requirement = action.context.leaf.requirement,
      .params = action.context.leaf.params,
      .key = action.context.leaf.key,
      .evidence = evidence->evidence,
      .trust = std::clamp(evidence->trust, 0.0, 1.0),
      .issued_at = now,
      .expires_at = Expiry(now, std::min<std::chrono::seconds>(evidence->life, kMaxAttestationLife)),
      .nonce = random_id(),
      .basis = evidence->basis,
      .until = evidence->until};
  SWARMA_TRY(std::string jws, sign_attestation(attestation, issuer));
  SWARMA_RETURN_IF_ERROR(settle(action, attestation, jws, *evidence));
  IssuedAttestation issued{attestation.id, jws};
  attestation.jws = std::move(jws);
  if (recent != nullptr) recent->put(std::move(attestation));
  return issued;
}

Result<AttestationState> Actions::state(std::string_view attestation_id) const {
  if (!is_id(attestation_id)) return no_such_attestation();
  SWARMA_TRY(const db::Rows rows,
             impl_->database.query("SELECT used_at, COALESCE(revoked_at, contradicted_at), expires_at FROM "
                                   "attestations WHERE attestation_id = $1 AND issuer = $2",
                                   {std::string(attestation_id), issuer().text()}));
  if (rows.empty()) return no_such_attestation();
  const db::Row& row = rows.front();
  if (!row.is_null(1)) return AttestationState::Revoked;
  if (!row.is_null(0)) return AttestationState::Used;
  return Expiry(row.integer(2)).has_passed(impl_->clock.now()) ? AttestationState::Expired : AttestationState::Valid;
}

Result<void> Actions::revoke(std::string_view attestation_id, const Revoker& by) {
  if (!is_id(attestation_id)) return no_such_attestation();
  SWARMA_TRY(
      const std::int64_t known,
      impl_->database.execute(
          "UPDATE attestations SET revoked_at = COALESCE(revoked_at, $3) WHERE attestation_id = $1 AND issuer = $2 "
          "AND ($4 = 1 OR subject = $5 OR creator_jkt = $5)",
          {std::string(attestation_id), issuer().text(), impl_->clock.now().unix_s(),
           std::int64_t{by.operator_of_node ? 1 : 0}, by.jkt}));
  if (known == 0) return no_such_attestation();
  return {};
}

/// What is forgotten counts as used from then on (attestation_floor), also when the clock is set back.
Result<std::int64_t> Actions::Impl::prune_attestations(Expiry limit) {
  std::int64_t removed = 0;
  SWARMA_RETURN_IF_ERROR(database.transact([&](db::Session& session) -> Result<void> {
    removed = 0;
    SWARMA_TRY(const db::Rows rows,
               session.query("SELECT MAX(expires_at) FROM attestations WHERE expires_at < $1", {limit.unix_s()}));
    if (rows.front().is_null(0)) return {};
    const std::int64_t last = rows.front().integer(0);
    SWARMA_RETURN_IF_ERROR(
        session.execute("UPDATE attestation_floor SET expires_at = $1 WHERE expires_at < $1", {last}));
    SWARMA_RETURN_IF_ERROR(keep_outcomes(session, Expiry(last)));
    SWARMA_TRY(removed, session.execute("DELETE FROM attestations WHERE expires_at <= $1", {last}));
    return {};
  }));
  return removed;
}

void Actions::tend() {
  const Instant now = impl_->clock.now();
  for (const auto& verifier : impl_->verifiers) verifier->tend(now);
}

Result<std::int64_t> Actions::prune() {
  const Instant now = impl_->clock.now();
  // A little longer than they live, so that "expired" can still be told from "unknown".
  constexpr std::chrono::hours kKeep{1};
  SWARMA_TRY(std::int64_t removed, impl_->prune_attestations(Expiry((impl_->unhurried.now() - kKeep).unix_s())));
  for (const auto& [sql, limit] :
       {std::pair("DELETE FROM actions WHERE expires_at < $1", (now - kKeep).unix_s()),
        std::pair("DELETE FROM account_uses WHERE used_at < $1", (now - kAccountUseMemory).unix_s()),
        std::pair("UPDATE account_uses SET network = '' WHERE network <> '' AND used_at < $1",
                  (now - std::chrono::days(1)).unix_s()),
        std::pair("DELETE FROM code_attempts WHERE time_window < $1", now.unix_s() / kAttemptWindowSeconds),
        std::pair("DELETE FROM attest_foreign_passes WHERE valid_until < $1", (now - kKeep).unix_s()),
        std::pair("DELETE FROM attest_ads WHERE beat_at < $1", (now - kKeep).unix_s()),
        std::pair("DELETE FROM attest_puzzle_counts WHERE time_window < $1",
                  now.unix_s() / kPuzzleWindowSeconds - kPuzzleWindows)}) {
    SWARMA_TRY(const std::int64_t rows, impl_->database.execute(sql, {limit}));
    removed += rows;
  }
  SWARMA_TRY(const std::int64_t mails, prune_mails(impl_->database, now));
  SWARMA_TRY(const std::int64_t accounts, prune_accounts(impl_->database, now));
  return removed + mails + accounts;
}

}  // namespace swarma::access::attest
