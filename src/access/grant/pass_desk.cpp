#include "access/grant/pass_desk.h"

#include <algorithm>

#include "access/grant/proving.h"
#include "access/grant/unlocks.h"
#include "access/pass/holder.h"
#include "base/random.h"

namespace swarma::access::grant {
namespace {

// Told apart inside this file only.
constexpr std::string_view kFactsChanged = "facts_changed";  // counts, the title or the place in a list
constexpr int kRounds = 3;

std::string new_id() {
  return to_base64url(random_array<16>());
}

/// What one round decided, before it is final.
struct Round {
  std::shared_ptr<const PreparedTitle> title;
  const policy::Path* path = nullptr;
  policy::Facts facts;
  std::vector<attest::Attestation> used;
  std::string holder, pass_id;
  pass::Place place;

  bool counts() const { return path->grants.max_plays > 0 || path->grants.cooldown.count() > 0; }
};

}  // namespace

struct PassDesk::Impl : std::enable_shared_from_this<PassDesk::Impl> {
  explicit Impl(Parts parts) : p(std::move(parts)) {}
  Parts p;

  Result<Round> prepare(const PassRequest& request);
  void attempt(std::shared_ptr<const PassRequest> request, int round, attest::Done<std::string> done);
  Result<void> write(db::Session& session, const PassRequest& request, const Round& round,
                     const std::string& signed_pass);
  std::string list_url(const std::string& base_url, std::int64_t list) const {
    return base_url + "/v1/passes/lists/" + std::to_string(list);
  }
};

Result<Round> PassDesk::Impl::prepare(const PassRequest& request) {
  Round round;
  SWARMA_TRY(round.title, p.titles.get(request.title));
  if (request.revision != round.title->record.revision)
    return fail(
        ErrorCode::Conflict, "not_current_revision",
        "The title is at revision " + std::to_string(round.title->record.revision) + " now: load its record again.");
  round.path = round.title->policy.find_path(request.path);
  if (round.path == nullptr)
    return fail(ErrorCode::BadRequest, "path_unknown",
                "The policy of this title has no such path. Ask requirements/offer.");
  if (!round.path->grants.pass)
    return fail(ErrorCode::BadRequest, "path_gives_no_pass",
                "This way opens the film itself: ask keys/request for its keys.");
  const Instant now = p.clock.now();
  round.holder = request.viewer;
  if (!request.holder_proof.empty()) {
    SWARMA_TRY(round.holder, pass::verify_holder(request.holder_proof, {request.viewer, request.title.text(), now}));
  }
  round.facts.now = now;
  round.facts.title = round.title->shape;
  round.facts.default_issuers = p.own_issuers;
  SWARMA_TRY(auto verified,
             verify_attestations(p.database, {*round.title, request.viewer, now, p.own_issuers, nullptr, p.still_good},
                                 request.attestations));
  round.facts.proofs = proofs_of(verified);
  if (round.counts()) {
    SWARMA_TRY(const auto use, find_use(p.database, {request.title, request.viewer, request.path}));
    if (use) round.facts.uses[request.path] = *use;
  }
  const auto decision = policy::evaluate_path(round.title->policy, *round.path, round.facts);
  if (!decision.met) return refuse_unmet(decision);
  round.used = choose_used(std::move(verified), decision.used);
  round.pass_id = new_id();
  SWARMA_TRY(round.place, pass::choose_place(p.database));
  return round;
}

void PassDesk::Impl::attempt(std::shared_ptr<const PassRequest> request, int number, attest::Done<std::string> done) {
  auto prepared = prepare(*request);
  if (!prepared) return done(std::unexpected(std::move(prepared).error()));
  const auto round = std::make_shared<const Round>(*std::move(prepared));
  const PassOrder order{.record = &round->title->source.record,
                        .title = request->title,
                        .path = request->path,
                        .holder = round->holder,
                        .pass_id = round->pass_id,
                        .status = {list_url(request->base_url, round->place.list), p.node.did(), round->place.index},
                        .facts = round->facts,
                        .body = request->body,
                        .proof = request->dpop};
  p.agent.issue_pass(order, [self = shared_from_this(), request, round, number,
                             done = std::move(done)](Result<std::string> signed_pass) mutable {
    if (!signed_pass) return done(std::move(signed_pass));
    const auto written = self->p.database.transact(
        [&](db::Session& session) { return self->write(session, *request, *round, *signed_pass); });
    if (written) return done(std::move(signed_pass));
    if (written.error().reason != kFactsChanged) return done(std::unexpected(written.error()));
    if (number < kRounds) return self->attempt(std::move(request), number + 1, std::move(done));
    done(fail(ErrorCode::Unavailable, "busy", "Too many requests of yours arrived at once: try again.",
              std::chrono::seconds(1)));
  });
}

Result<void> PassDesk::Impl::write(db::Session& session, const PassRequest& request, const Round& round,
                                   const std::string& signed_pass) {
  const auto changed = fail(ErrorCode::Conflict, std::string(kFactsChanged), "");
  SWARMA_TRY(const auto revision, p.titles.source().find_revision(session, request.title));
  if (revision != request.revision) return changed;
  const Instant now = round.facts.now;
  for (const auto& attestation : round.used) SWARMA_RETURN_IF_ERROR(attest::consume(session, attestation, now));
  if (round.counts()) {
    const auto use = round.facts.uses.find(request.path);
    SWARMA_TRY(const bool counted, count_use(session, {request.title, request.viewer, request.path},
                                             use == round.facts.uses.end() ? 0 : use->second.unlocks, now));
    if (!counted) return changed;
  }
  const policy::PassTerms& terms = *round.path->grants.pass;
  const pass::Pass given{.id = round.pass_id,
                         .issuer = round.title->record.creator,
                         .subject = round.holder,
                         .tier = terms.tier,
                         .titles = terms.this_title_only ? std::vector{request.title} : std::vector<TitleId>{},
                         .valid_from = now,
                         .valid_until = Expiry(now, terms.life),
                         .status = std::nullopt};
  SWARMA_TRY(const bool added, pass::add_pass(session, {given, signed_pass, round.place, request.path}));
  if (!added) return changed;
  // A pass bought with what can be taken back goes with it.
  for (const auto& attestation : round.used)
    if (!attestation.basis.empty())
      SWARMA_RETURN_IF_ERROR(
          add_basis(session, attestation.basis, std::string(pass::kPassBasis) + given.id, given.valid_until));
  return {};
}

PassDesk::PassDesk(Parts parts) : impl_(std::make_shared<Impl>(std::move(parts))) {}
PassDesk::~PassDesk() = default;

void PassDesk::request(PassRequest request, attest::Done<std::string> done) {
  if (request.attestations.size() > kMaxPassAttestations)
    return done(
        fail(ErrorCode::TooLarge, "too_many_items", "The request carries too many attestations or key groups."));
  impl_->attempt(std::make_shared<const PassRequest>(std::move(request)), 1, std::move(done));
}

Result<std::string> PassDesk::give(const HandedPass& handed) {
  const Instant now = impl_->p.clock.now();
  for (int round = 0; round < kRounds; ++round) {
    SWARMA_TRY(const pass::Place place, pass::choose_place(impl_->p.database));
    const pass::Pass given{
        .id = new_id(),
        .issuer = impl_->p.node.did(),
        .subject = handed.holder,
        .tier = handed.tier,
        .titles = handed.titles,
        .valid_from = now,
        .valid_until = Expiry(now, handed.life),
        .status = pass::StatusEntry{list_url(handed.base_url, place.list), impl_->p.node.did(), place.index}};
    SWARMA_TRY(std::string signed_pass, pass::sign_pass(given, impl_->p.node));
    bool added = false;
    SWARMA_RETURN_IF_ERROR(impl_->p.database.transact([&](db::Session& session) -> Result<void> {
      SWARMA_TRY(added, pass::add_pass(session, {given, signed_pass, place}));
      return {};
    }));
    if (added) return signed_pass;
  }
  return fail(ErrorCode::Unavailable, "busy", "Too many passes are given at once: try again.", std::chrono::seconds(1));
}

Result<void> PassDesk::revoke(const std::string& pass_id, const std::string& issuer_jkt) {
  const Instant now = impl_->p.clock.now();
  return impl_->p.database.transact([&](db::Session& session) -> Result<void> {
    SWARMA_TRY(const bool known, pass::revoke_pass(session, pass_id, issuer_jkt, now));
    if (!known) return fail(ErrorCode::NotFound, "pass_unknown", "You have given no such pass, or it is long over.");
    SWARMA_RETURN_IF_ERROR(revoke_basis(session, std::string(pass::kPassBasis) + pass_id, now));
    return {};
  });
}

Result<std::string> PassDesk::status_list(std::int64_t list, const std::string& base_url) {
  SWARMA_TRY(const pass::StatusList bits, pass::status_list(impl_->p.database, list));
  return pass::sign_status_list(bits, list_url(base_url, list), impl_->p.node, impl_->p.clock.now());
}

std::string PassDesk::list_url(const std::string& base_url, std::int64_t list) const {
  return impl_->list_url(base_url, list);
}

}  // namespace swarma::access::grant
