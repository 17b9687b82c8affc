#include "access/attest/actions.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "access/attest/code_book.h"
#include "base/random.h"

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

/// A row of the table actions whose answer may be checked.
struct OpenAction {
  ActionContext context;
  std::string creator_jkt;
  Json state;
};

}  // namespace

struct Actions::Impl {
  db::Database& database;
  const Clock& clock;
  const crypto::SigningKey& issuer;
  std::vector<std::unique_ptr<Verifier>> verifiers;
  UnhurriedClock unhurried{clock};

  Verifier* find(policy::Requirement requirement) const {
    for (const auto& verifier : verifiers)
      if (verifier->requirement() == requirement) return verifier.get();
    return nullptr;
  }

  Result<Verifier*> get(policy::Requirement requirement) const {
    if (Verifier* verifier = find(requirement)) return verifier;
    return fail(ErrorCode::Unsupported, "no_verifier",
                "This node has no verifier for " + std::string(policy::to_string(requirement)) +
                    ". Choose another way to unlock.");
  }

  /// Counts a try and gives the action, or says why it cannot be completed.
  Result<OpenAction> take_try(const std::string& action_id, const std::string& viewer, Instant now) {
    SWARMA_TRY(const db::Rows rows,
               database.query(
                   "UPDATE actions SET tries = tries + 1 WHERE action_id = $1 AND viewer = $2 AND completed_at IS NULL "
                   "AND expires_at > $3 AND tries < $4 "
                   "RETURNING title_id, creator_jkt, requirement, params, min_trust, state",
                   {action_id, viewer, now.unix_s(), kMaxTries}));
    if (rows.empty()) return why_not(action_id, viewer, now);
    const db::Row& row = rows.front();
    SWARMA_TRY(const TitleId title, TitleId::parse(row.text(0)));
    const auto requirement = policy::find_requirement(row.text(2));
    if (!requirement)
      return fail(ErrorCode::Internal, "bad_row", "An action in the database names a requirement that does not exist.");
    policy::Leaf leaf{*requirement, row.text(3), row.real(4), policy::leaf_key(*requirement, row.text(3))};
    SWARMA_TRY(Json state, parse_json(row.text(5)));
    return OpenAction{{title, viewer, std::move(leaf), now}, row.text(1), std::move(state)};
  }

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
  Result<void> settle(const std::string& action_id, const OpenAction& action, const Attestation& attestation,
                      const std::string& jws, const Evidence& evidence) {
    return database.transact([&](db::Session& session) -> Result<void> {
      SWARMA_TRY(const std::int64_t ended,
                 session.execute("UPDATE actions SET completed_at = $2 WHERE action_id = $1 AND completed_at IS NULL",
                                 {action_id, attestation.issued_at.unix_s()}));
      if (ended != 1)
        return fail(ErrorCode::Conflict, "action_completed", "This action has been completed already: start another.");
      if (evidence.claim) SWARMA_RETURN_IF_ERROR(evidence.claim(session));
      SWARMA_RETURN_IF_ERROR(session.execute(
          "INSERT INTO attestations (issuer, attestation_id, title_id, subject, creator_jkt, digest, expires_at) "
          "VALUES ($1, $2, $3, $4, $5, $6, $7)",
          {attestation.issuer.text(), attestation.id, attestation.title.text(), attestation.subject, action.creator_jkt,
           attestation_digest(jws), attestation.expires_at.unix_s()}));
      return {};
    });
  }
};

Actions::Actions(db::Database& database, const Clock& clock, const crypto::SigningKey& issuer,
                 std::vector<std::unique_ptr<Verifier>> verifiers)
    : impl_(new Impl{.database = database, .clock = clock, .issuer = issuer, .verifiers = std::move(verifiers)}) {}
Actions::~Actions() = default;

bool Actions::available(const policy::Leaf& leaf) const {
  return impl_->find(leaf.requirement) != nullptr;
}

std::vector<VerifierInfo> Actions::verifiers() const {
  std::vector<VerifierInfo> out;
  for (const auto& verifier : impl_->verifiers)
    out.push_back({impl_->issuer.did().text(), verifier->requirement(), verifier->trust(), verifier->calibration()});
  return out;
}

const crypto::Did& Actions::issuer() const {
  return impl_->issuer.did();
}

Result<StartedAction> Actions::start(const StartAction& request) {
  SWARMA_TRY(Verifier* const verifier, impl_->get(request.leaf.requirement));
  const Instant now = impl_->clock.now();
  SWARMA_TRY(const Challenge challenge, verifier->start({request.title, request.viewer, request.leaf, now}));
  StartedAction started{random_id(), request.leaf.requirement, challenge.challenge, Expiry(now, kActionLife)};
  SWARMA_TRY(
      const std::int64_t written,
      impl_->database.execute(
          "INSERT INTO actions (action_id, title_id, creator_jkt, viewer, requirement, params, min_trust, "
          "state, tries, expires_at) "
          "SELECT $1, $2, $3, $4, $5, $6, $7, $8, 0, $9 WHERE "
          "(SELECT COUNT(*) FROM actions WHERE viewer = $4 AND title_id = $2 AND expires_at > $10 AND "
          "completed_at IS NULL) < $11",
          {started.action_id, request.title.text(), crypto::thumbprint(request.creator.public_key()), request.viewer,
           std::string(policy::to_string(request.leaf.requirement)), request.leaf.params, request.leaf.min_trust,
           challenge.state, started.expires_at.unix_s(), now.unix_s(), kMaxOpenActions}));
  if (written == 0) return impl_->too_many_actions(request, now);
  return started;
}

Result<IssuedAttestation> Actions::complete(std::string_view action_id, std::string_view viewer, const Json& response,
                                            Guest* guest) {
  if (!is_id(action_id)) return no_such_action();
  const Instant now = impl_->clock.now();
  const std::string id(action_id);
  SWARMA_TRY(OpenAction action, impl_->take_try(id, std::string(viewer), now));
  SWARMA_TRY(Verifier* const verifier, impl_->get(action.context.leaf.requirement));
  action.context.guest = guest;
  SWARMA_TRY(const Evidence evidence, verifier->check(action.context, action.state, response));
  Attestation attestation{.id = random_id(),
                          .issuer = impl_->issuer.did(),
                          .subject = action.context.viewer,
                          .title = action.context.title,
                          .requirement = action.context.leaf.requirement,
                          .params = action.context.leaf.params,
                          .key = action.context.leaf.key,
                          .evidence = evidence.evidence,
                          .trust = std::clamp(evidence.trust, 0.0, 1.0),
                          .issued_at = now,
                          .expires_at = Expiry(now, kAttestationLife),
                          .nonce = random_id()};
  SWARMA_TRY(std::string jws, sign_attestation(attestation, impl_->issuer));
  SWARMA_RETURN_IF_ERROR(impl_->settle(id, action, attestation, jws, evidence));
  return IssuedAttestation{attestation.id, std::move(jws)};
}

Result<AttestationState> Actions::state(std::string_view attestation_id) const {
  if (!is_id(attestation_id)) return no_such_attestation();
  SWARMA_TRY(const db::Rows rows,
             impl_->database.query(
                 "SELECT used_at, revoked_at, expires_at FROM attestations WHERE attestation_id = $1 AND issuer = $2",
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
    SWARMA_TRY(removed, session.execute("DELETE FROM attestations WHERE expires_at <= $1", {last}));
    return {};
  }));
  return removed;
}

Result<std::int64_t> Actions::prune() {
  const Instant now = impl_->clock.now();
  // A little longer than they live, so that "expired" can still be told from "unknown".
  constexpr std::chrono::hours kKeep{1};
  SWARMA_TRY(std::int64_t removed, impl_->prune_attestations(Expiry((impl_->unhurried.now() - kKeep).unix_s())));
  for (const auto& [sql, limit] :
       {std::pair("DELETE FROM actions WHERE expires_at < $1", (now - kKeep).unix_s()),
        std::pair("DELETE FROM code_attempts WHERE time_window < $1", now.unix_s() / kAttemptWindowSeconds)}) {
    SWARMA_TRY(const std::int64_t rows, impl_->database.execute(sql, {limit}));
    removed += rows;
  }
  return removed;
}

}  // namespace swarma::access::attest
