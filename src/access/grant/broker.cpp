#include "access/grant/broker.h"

#include <algorithm>
#include <atomic>
#include <nlohmann/json.hpp>

#include "access/grant/evidence.h"
#include "access/grant/proving.h"
#include "access/grant/unlocks.h"

namespace swarma::access::grant {
namespace {

// Told apart inside this file only; neither leaves it.
constexpr std::string_view kFactsChanged = "facts_changed";  // counts or the title moved between reading and writing
constexpr std::string_view kAlreadyAnswered = "already_answered";  // the Idempotency-Key is taken

constexpr int kRounds = 3;  // of a request whose facts change under it

/// The database cannot be used right now: nothing was written, and nothing is to be. The same request can be sent
/// again.
bool is_trouble(const Error& error) {
  return error.code == ErrorCode::Unavailable || error.code == ErrorCode::Io;
}

/// The texts of attestations, as they were shown.
std::string jws_list(std::span<const attest::Attestation> used) {
  std::string text = "[";
  for (const auto& one : used) text.append(text.size() > 1 ? ",\"" : "\"").append(one.jws).append("\"");
  return text + "]";
}

/// The grant of a kept answer, which names it, or holds it if it is of an earlier version.
Result<std::optional<std::string>> grant_in(db::Session& session, const std::string& answer) {
  SWARMA_TRY(const Json body, parse_json(answer));
  const JsonReader reader(body, "stored answer");
  if (!reader.has("grant_id")) return reader.text("grant", policy::kMaxGrantBytes);
  SWARMA_TRY(const std::string id, reader.text("grant_id", 128));
  return find_grant(session, id);
}

ViewersPath path_of(const KeyRequest& request) {
  return {.title = request.title, .viewer = request.viewer, .path = request.path};
}

/// Everything one round needs besides the request.
struct Round {
  std::shared_ptr<const PreparedTitle> title;
  const policy::Path* path = nullptr;
  policy::Facts facts;
  std::vector<attest::Attestation> used;
  IssuedGrant grant;

  bool counts() const { return path->grants.max_plays > 0 || path->grants.cooldown.count() > 0; }
  /// A preview beside other ways of unlocking is no unlock to count for the creator.
  bool is_preview() const { return path->open() && title->policy.paths().size() > 1; }
};

/// A request on its way to its answer. Whoever works on it holds it: the broker, or the agent that was asked.
struct Work {
  explicit Work(Broker::Asked given) : request(std::move(given.request)), done(std::move(given.done)) {}

  const KeyRequest request;
  Broker::Done done;
  // What it was last prepared with.
  std::shared_ptr<const PreparedTitle> title;
  bool may_be_old = false;  // the title was known and not asked for
  Result<Round> round;
  int rounds = 0;
  /// Two come by here: the agent with its answer, and whoever asked it. The second goes on.
  std::atomic<bool> passed{false};

  void answer(Result<Granted> answer) { std::exchange(done, nullptr)(std::move(answer)); }
  void grant() {
    if (request.unlock.empty()) round->title->is_kept = true;
    answer(Granted{std::move(round->grant.jws), false});
  }
};
using WorkPtr = std::shared_ptr<Work>;

}  // namespace

struct Broker::Impl : std::enable_shared_from_this<Broker::Impl> {
  explicit Impl(Needs needs)
      : database(needs.database),
        clock(needs.clock),
        titles(needs.titles),
        agent(needs.agent),
        own_issuers(std::move(needs.own_issuers)),
        recent(needs.recent),
        run(std::move(needs.run)),
        still_good(std::move(needs.still_good)) {}

  db::Database& database;
  const Clock& clock;
  PreparedTitles& titles;
  KeyAgent& agent;
  const std::vector<std::string> own_issuers;
  const attest::KnownAttestations* const recent;
  const Run run;
  const attest::StillGood still_good;

  using Title = std::shared_ptr<const PreparedTitle>;
  bool attempt(const WorkPtr& work, Title known);
  bool ask_agent(const WorkPtr& work);
  bool write_together(std::span<const WorkPtr> all);
  void finish(const WorkPtr& work);
  Result<Round> prepare(const KeyRequest& request, Title title);
  Result<Round> begin(const KeyRequest& request, Title title);
  bool is_current(const PreparedTitle& title);
  Result<void> read_counts(const KeyRequest& request, Round& round);
  Result<void> write(db::Session& session, const KeyRequest& request, const Round& round);
  Result<void> check_still_current(db::Session& session, const Round& round);
  Result<void> write_unlock(db::Session& session, const KeyRequest& request, const Round& round);
  Result<void> write_roll_on(db::Session& session, const KeyRequest& request, const Round& round);
  Result<Granted> settle_refusal(const KeyRequest& request, Error refusal);
};

bool Broker::Impl::is_current(const PreparedTitle& title) {
  const auto revision = titles.source().find_revision(title.record.id);
  return revision && *revision == title.record.revision;
}

/// Looks at everything, with the title as it is now if it is not known, and asks the agent. True when it is decided:
/// there is a grant that is not final yet, or a refusal. Otherwise the agent answers later, and finish() follows.
bool Broker::Impl::attempt(const WorkPtr& work, Title known) {
  ++work->rounds;
  work->may_be_old = known != nullptr;
  work->title = std::move(known);
  if (work->title == nullptr) {
    auto current = titles.get(work->request.title);
    if (!current) {
      work->round = std::unexpected(std::move(current).error());
      return true;
    }
    work->title = *std::move(current);
  }
  work->round = prepare(work->request, work->title);
  return !work->round || ask_agent(work);
}

/// True when it has answered already.
bool Broker::Impl::ask_agent(const WorkPtr& work) {
  const KeyRequest& request = work->request;
  const PreparedTitle& title = *work->title;
  const GrantOrder order{.title = request.title,
                         .revision = request.revision,
                         .record = &title.source.record,
                         .sealed = &title.source.sealed,
                         .agent = &title.record.agent,
                         .path = request.path,
                         .slots = request.slots,
                         .key_groups = request.key_groups,
                         .viewer = request.viewer,
                         .encryption_key = request.encryption_key,
                         .facts = work->round->facts,
                         .previous = request.unlock,
                         .body = request.body,
                         .proof = request.dpop};
  work->passed = false;
  agent.issue(order, [self = shared_from_this(), work](Result<IssuedGrant> issued) {
    if (issued)
      work->round->grant = *std::move(issued);
    else
      work->round = std::unexpected(std::move(issued).error());
    if (work->passed.exchange(true)) self->run([self, work] { self->finish(work); });
  });
  return work->passed.exchange(true);
}

/// True when all that are granted are final now; otherwise none is.
bool Broker::Impl::write_together(std::span<const WorkPtr> all) {
  if (std::ranges::count_if(all, [](const WorkPtr& work) { return work->round.has_value(); }) < 2) return false;
  const auto written = database.transact([&](db::Session& session) -> Result<void> {
    for (const WorkPtr& work : all)
      if (work->round) SWARMA_RETURN_IF_ERROR(write(session, work->request, *work->round));
    return {};
  });
  return written.has_value();
}

/// Writes the grant, or settles the refusal, in a transaction of its own.
void Broker::Impl::finish(const WorkPtr& work) {
  do {
    if (work->round) {
      const auto written =
          database.transact([&](db::Session& session) { return write(session, work->request, *work->round); });
      if (written) return work->grant();
      work->round = std::unexpected(written.error());
    }
    if (is_trouble(work->round.error())) return work->answer(std::unexpected(work->round.error()));
    if (work->round.error().reason != kFactsChanged && (!work->may_be_old || is_current(*work->title)))
      return work->answer(settle_refusal(work->request, work->round.error()));
    if (work->rounds == kRounds)
      return work->answer(fail(ErrorCode::Unavailable, "busy", "Too many requests of yours arrived at once: try again.",
                               std::chrono::seconds(1)));
  } while (attempt(work, nullptr));
}

/// Finds the path the request is about.
Result<Round> Broker::Impl::begin(const KeyRequest& request, Title title) {
  Round round;
  round.title = std::move(title);
  const std::int64_t revision = round.title->record.revision;
  if (request.revision != revision)
    return fail(ErrorCode::Conflict, "not_current_revision",
                "The title is at revision " + std::to_string(revision) + " now: load its record again.");
  round.path = round.title->policy.find_path(request.path);
  if (round.path == nullptr)
    return fail(ErrorCode::BadRequest, "path_unknown",
                "The policy of this title has no such path. Ask requirements/offer.");
  if (request.attestations.size() > kMaxAttestations || request.key_groups.size() > kMaxKeyGroups)
    return fail(ErrorCode::TooLarge, "too_many_items", "The request carries too many attestations or key groups.");
  round.facts.now = clock.now();
  round.facts.title = round.title->shape;
  round.facts.country = request.country;
  round.facts.default_issuers = own_issuers;
  return round;
}

Result<void> Broker::Impl::read_counts(const KeyRequest& request, Round& round) {
  if (!round.counts()) return {};
  SWARMA_TRY(const auto use, find_use(database, path_of(request)));
  if (use) round.facts.uses[request.path] = *use;
  return {};
}

/// Everything up to the order to the agent.
Result<Round> Broker::Impl::prepare(const KeyRequest& request, Title title) {
  if (request.idempotency) SWARMA_RETURN_IF_ERROR(once::check_idempotency_key(request.idempotency->key));
  SWARMA_TRY(Round round, begin(request, std::move(title)));
  const bool rolling = !request.unlock.empty();
  if (!rolling) {
    SWARMA_TRY(
        auto verified,
        verify_attestations(database, {*round.title, request.viewer, round.facts.now, own_issuers, recent, still_good},
                            request.attestations));
    round.facts.proofs = proofs_of(verified);
    SWARMA_RETURN_IF_ERROR(read_counts(request, round));
    const auto decision = policy::evaluate_path(round.title->policy, *round.path, round.facts);
    if (!decision.met) return refuse_unmet(decision);
    round.used = choose_used(std::move(verified), decision.used);
  } else if (const auto decision = policy::evaluate_roll_on(*round.path, round.facts); !decision.met) {
    return refuse_unmet(decision);
  }
  return round;
}

/// All that makes the grant final. May run several times.
Result<void> Broker::Impl::write(db::Session& session, const KeyRequest& request, const Round& round) {
  const Instant now = round.facts.now;
  const bool rolling = !request.unlock.empty();
  SWARMA_RETURN_IF_ERROR(check_still_current(session, round));
  if (request.proof) SWARMA_RETURN_IF_ERROR(once::record_proof(session, *request.proof));
  if (request.idempotency) {
    const once::StoredResponse response{200, "application/json", R"({"grant_id":")" + round.grant.grant_id + "\"}"};
    SWARMA_TRY(const bool stored,
               once::store_response(session, *request.idempotency, response, now, Expiry(now, once::kAnswerLife)));
    if (!stored) return fail(ErrorCode::Conflict, std::string(kAlreadyAnswered), "");
  }
  SWARMA_RETURN_IF_ERROR(keep_grant(session, round.grant.grant_id, round.grant.unlock_id, round.grant.jws, now));
  for (const auto& attestation : round.used) SWARMA_RETURN_IF_ERROR(attest::consume(session, attestation, now));
  return rolling ? write_roll_on(session, request, round) : write_unlock(session, request, round);
}

Result<void> Broker::Impl::check_still_current(db::Session& session, const Round& round) {
  SWARMA_TRY(const auto revision, titles.source().find_revision(session, round.title->record.id));
  if (revision != round.title->record.revision) return fail(ErrorCode::Conflict, std::string(kFactsChanged), "");
  return {};
}

Result<void> Broker::Impl::write_unlock(db::Session& session, const KeyRequest& request, const Round& round) {
  const Instant now = round.facts.now;
  if (round.counts()) {
    const auto use = round.facts.uses.find(request.path);
    const std::int64_t before = use == round.facts.uses.end() ? 0 : use->second.unlocks;
    SWARMA_TRY(const bool counted, count_use(session, path_of(request), before, now));
    if (!counted) return fail(ErrorCode::Conflict, std::string(kFactsChanged), "");
  }
  SWARMA_RETURN_IF_ERROR(add_unlock(session, path_of(request),
                                    {.id = round.grant.unlock_id,
                                     .creator_jkt = round.title->creator_jkt,
                                     .revision = request.revision,
                                     .created_at = now,
                                     .until = round.grant.unlock_until,
                                     .attestations = jws_list(round.used)}));
  if (!round.title->is_kept)
    SWARMA_RETURN_IF_ERROR(keep_record(session, round.title->record, round.title->source.record));
  for (const auto& attestation : round.used)
    if (!attestation.basis.empty())
      SWARMA_RETURN_IF_ERROR(add_basis(session, attestation.basis, round.grant.unlock_id, round.grant.unlock_until));
  return round.is_preview() ? Result<void>() : titles.source().count_unlock(session, request.title, request.path);
}

Result<void> Broker::Impl::write_roll_on(db::Session& session, const KeyRequest& request, const Round& round) {
  return count_roll_on(session, {.unlock_id = round.grant.unlock_id,
                                 .viewer = request.viewer,
                                 .previous_grant_id = round.grant.previous_grant_id,
                                 .max_grants = round.path->grants.count});
}

/// A refused request has used its proof too; and one whose first answer got lost is given that answer, not a refusal.
Result<Granted> Broker::Impl::settle_refusal(const KeyRequest& request, Error refusal) {
  const std::string& reason = refusal.reason;
  if (reason == "replayed_proof" || reason == "idempotency_key_bad" || (!request.proof && !request.idempotency))
    return std::unexpected(std::move(refusal));
  std::optional<once::StoredResponse> stored;
  std::optional<std::string> granted_before;
  std::optional<Error> conflict;  // with what the Idempotency-Key stands for; the proof is used up all the same
  const auto settled = database.transact([&](db::Session& session) -> Result<void> {
    stored.reset();
    granted_before.reset();
    conflict.reset();
    if (request.proof) SWARMA_RETURN_IF_ERROR(once::record_proof(session, *request.proof));
    if (!request.idempotency) return {};
    auto found = once::find_response(session, *request.idempotency, clock.now());
    if (found)
      stored = *std::move(found);
    else if (found.error().code == ErrorCode::Conflict)
      conflict = std::move(found).error();
    else
      return std::unexpected(std::move(found).error());
    if (!stored) return {};
    SWARMA_TRY(granted_before, grant_in(session, stored->body));
    return {};
  });
  SWARMA_RETURN_IF_ERROR(settled);
  if (conflict) return std::unexpected(*std::move(conflict));
  if (!stored) return std::unexpected(std::move(refusal));
  if (!granted_before)
    return fail(ErrorCode::Internal, "bad_row", "A stored answer holds no grant. Please report this.");
  return Granted{*std::move(granted_before), true};
}

Broker::Broker(Needs needs) : impl_(std::make_shared<Impl>(std::move(needs))) {}
Broker::~Broker() = default;

void Broker::request(std::vector<Asked> together) {
  // A known title saves asking: writing the grant finds out if it has changed. Nobody is refused on one that has.
  std::vector<WorkPtr> decided;
  for (Asked& asked : together) {
    auto work = std::make_shared<Work>(std::move(asked));
    if (impl_->attempt(work, impl_->titles.find_known(work->request.title))) decided.push_back(std::move(work));
  }
  const bool written = impl_->write_together(decided);
  for (const WorkPtr& work : decided)
    if (written && work->round)
      work->grant();
    else
      impl_->finish(work);
}

Result<void> Broker::revoke_unlock(std::string_view unlock_id, const attest::Revoker& by) {
  return grant::revoke_unlock(impl_->database, unlock_id, by, impl_->clock.now());
}

Result<void> Broker::revoke_grant(std::string_view grant_id, const attest::Revoker& by) {
  return grant::revoke_grant(impl_->database, grant_id, by);
}

Result<std::string> Broker::evidence(std::string_view grant_id, const attest::Revoker& by) {
  SWARMA_TRY(const Evidence found, find_evidence(impl_->database, grant_id, by, impl_->own_issuers));
  return evidence_json(found);
}

Result<std::int64_t> Broker::prune() {
  return prune_unlocks(impl_->database, impl_->clock.now());
}

}  // namespace swarma::access::grant
