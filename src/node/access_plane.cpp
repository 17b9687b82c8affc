#include "node/access_plane.h"

#include "access/grant/unlocks.h"
#include "access/pass/pass_book.h"
#include "api/routes/actions.h"
#include "api/routes/agents.h"
#include "api/routes/attestations.h"
#include "api/routes/keys.h"
#include "api/routes/passes.h"
#include "api/routes/policies.h"
#include "api/routes/requirements.h"
#include "api/routes/verifiers.h"
#include "base/log.h"
#include "base/stopwatch.h"

namespace swarma::node {
namespace {

namespace attest = access::attest;
namespace grant = access::grant;

Result<void> without_count(const Result<std::int64_t>& rows) {
  return rows ? Result<void>() : std::unexpected(rows.error());
}

}  // namespace

Result<std::unique_ptr<AccessPlane>> AccessPlane::make(Foundation& f, grant::SignedTitles& titles) {
  SWARMA_RETURN_IF_ERROR(attest::check(f.config.payment));
  SWARMA_RETURN_IF_ERROR(attest::check(f.config.nostr));
  auto outside = std::make_unique<Outside>();
  if (const net::MailOptions& mail = f.config.mail; !mail.is_empty()) {
    SWARMA_TRY(outside->mailer, net::Mailer::create(outside->outbound, mail));
  }
  SWARMA_TRY(outside->oauth, attest::read_oauth_adapters(f.config.oauth));
  return std::unique_ptr<AccessPlane>(new AccessPlane(f, titles, std::move(outside)));
}

AccessPlane::AccessPlane(Foundation& f, grant::SignedTitles& titles, std::unique_ptr<Outside> outside)
    : f_(f),
      prepared_(titles),
      agent_(f.identity.signing, f.identity.decryption),
      agents_elsewhere_([since = Stopwatch()] { return since.elapsed(); }),
      agents_(f.identity.signing.did(), agent_, agents_elsewhere_),
      agent_watch_({{.name = "agents",
                     .every = std::chrono::seconds(1),
                     .run = [this]() -> Result<void> {
                       agents_elsewhere_.look();
                       return {};
                     }}},
                   f.clock),
      outside_(std::move(outside)),
      actions_(*f.database, f.clock, f.identity.signing,
               attest::make_verifiers({.database = *f.database,
                                       .network_key = f.networks,
                                       .run = [this](auto work) { returning_.run(std::move(work)); },
                                       .outbound = &outside_->outbound,
                                       .mailer = outside_->mailer.get(),
                                       .oauth = outside_->oauth,
                                       .activitypub = f.config.activitypub,
                                       .take_back =
                                           [&clock = f.clock](db::Session& session, const std::string& basis) {
                                             return grant::revoke_basis(session, basis, clock.now());
                                           },
                                       .mails = f.config.mails,
                                       .payment = f.config.payment,
                                       .nostr = f.config.nostr}),
               &recently_issued_),
      foreign_verifiers_(*f.database, f.identity.signing.did(), &outside_->outbound,
                         [this](auto work) { returning_.run(std::move(work)); }),
      broker_({.database = *f.database,
               .clock = f.clock,
               .titles = prepared_,
               .agent = agents_,
               .own_issuers = {f.identity.signing.did().text()},
               .recent = &recently_issued_,
               .run = [this](auto work) { returning_.run(std::move(work)); },
               .still_good = still_good()}),
      pass_agent_(f.identity.signing),
      pass_agents_(f.identity.signing.did(), pass_agent_, agents_elsewhere_,
                   [this](auto work) { returning_.run(std::move(work)); }),
      passes_({.database = *f.database,
               .clock = f.clock,
               .titles = prepared_,
               .agent = pass_agents_,
               .node = f.identity.signing,
               .own_issuers = {f.identity.signing.did().text()},
               .still_good = still_good()}),
      foreign_passes_(*f.database, &outside_->outbound, [this](auto work) { returning_.run(std::move(work)); }) {}

std::vector<api::Table> AccessPlane::routes() {
  const std::string own = f_.identity.signing.did().text();
  return {api::routes(api::RequirementRoutes{prepared_, actions_, agents_}),
          api::routes(api::PolicyRoutes{f_.clock, actions_, own}),
          api::routes(api::ActionRoutes{prepared_, actions_, f_.door, own}),
          api::routes(api::AttestationRoutes{actions_}),
          api::routes(api::VerifierRoutes{actions_, foreign_verifiers_, f_.clock, *f_.database, f_.public_url}),
          api::routes(api::KeyRoutes{broker_}),
          api::routes(api::PassRoutes{passes_, *f_.database, f_.clock, f_.identity.signing.jkt()}),
          api::routes(api::AgentRoutes{agents_elsewhere_, f_.door, own})};
}

std::vector<work::Timer> AccessPlane::timers() {
  using std::chrono::minutes;
  const auto always = [](auto run) {
    return [run]() -> Result<void> {
      run();
      return {};
    };
  };
  return {{.name = "actions", .every = minutes(1), .run = [this] { return without_count(actions_.prune()); }},
          {.name = "attested", .every = minutes(1), .run = always([this] { actions_.tend(); })},
          {.name = "grants", .every = minutes(1), .run = [this] { return without_count(broker_.prune()); }},
          {.name = "passes",
           .every = minutes(1),
           .run = [this] { return without_count(access::pass::prune_passes(*f_.database, f_.clock.now())); }},
          {.name = "foreign_passes", .every = minutes(1), .run = always([this] { end_foreign_passes(); })},
          {.name = "foreign_verifiers", .every = minutes(1), .run = always([this] {
                                                               foreign_verifiers_.renew(f_.clock.now());
                                                             })}};
}

/// What the nodes of other verifiers say of their attestations now.
attest::StillGood AccessPlane::still_good() {
  return [this](const attest::Attestation& attestation, Instant now) {
    return foreign_verifiers_.check(attestation, now);
  };
}

/// Ends what was opened by passes that their own nodes have revoked since.
void AccessPlane::end_foreign_passes() {
  // What answers later may outlive this object, but not the foundation.
  foreign_passes_.look_again(
      f_.clock.now(), [&database = *f_.database, &clock = f_.clock](Result<std::vector<std::string>> revoked) {
        if (!revoked) return log::warning("foreign_passes_not_checked", {{"reason", revoked.error().reason}});
        for (const std::string& id : *revoked) {
          const auto ended = database.transact([&](db::Session& session) {
            return grant::revoke_basis(session, std::string(access::pass::kPassBasis) + id, clock.now());
          });
          if (!ended) log::warning("foreign_pass_not_ended", {{"reason", ended.error().reason}});
        }
      });
}

std::vector<Metric> AccessPlane::metrics() {
  return {{"swarma_agents", "gauge", "Key agents elsewhere that are connected",
           [this] { return agents_elsewhere_.counts().lines; }},
          {"swarma_agent_orders", "gauge", "Key requests that wait for an agent elsewhere",
           [this] { return agents_elsewhere_.counts().orders; }}};
}

}  // namespace swarma::node
