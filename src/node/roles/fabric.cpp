#include "node/roles/fabric.h"

#include "access/attest/foreign_passes.h"
#include "access/attest/recently_issued.h"
#include "access/grant/broker.h"
#include "access/grant/pass_desk.h"
#include "access/grant/unlocks.h"
#include "access/pass/pass_book.h"
#include "api/routes/actions.h"
#include "api/routes/agents.h"
#include "api/routes/attestations.h"
#include "api/routes/blobs.h"
#include "api/routes/catalog.h"
#include "api/routes/keys.h"
#include "api/routes/pages.h"
#include "api/routes/passes.h"
#include "api/routes/policies.h"
#include "api/routes/requirements.h"
#include "api/routes/titles.h"
#include "base/log.h"
#include "base/stopwatch.h"
#include "base/worker_pool.h"
#include "net/outbound.h"
#include "node/blob_care.h"
#include "node/bridges/blob_presence_by_store.h"
#include "node/bridges/discard_by_registry.h"
#include "node/bridges/sealed_intake_by_agent.h"
#include "node/bridges/signed_titles_by_registry.h"
#include "once/pruning.h"

namespace swarma::node {
namespace {

namespace grant = access::grant;
namespace attest = access::attest;

/// How others are asked.
struct Outside {
  net::Outbound outbound;
  std::unique_ptr<net::Mailer> mailer;  // null: no mail server was named
  std::vector<attest::OauthAdapter> oauth;
};

/// In the order of their making: each needs only those above it.
struct Insides {
  Insides(Foundation& f, std::unique_ptr<BlobCare> keeper, std::unique_ptr<catalog::registry::TitleRegistry> titles,
          std::unique_ptr<Outside> others)
      : registry(std::move(titles)),
        care(std::move(keeper)),
        signed_titles(*registry),
        prepared(signed_titles),
        agent(f.identity.signing, f.identity.decryption),
        agents(f.identity.signing.did(), agent, agents_elsewhere),
        agent_watch({{.name = "agents",
                      .every = std::chrono::seconds(1),
                      .run = [this]() -> Result<void> {
                        agents_elsewhere.look();
                        return {};
                      }}},
                    f.clock),
        outside(std::move(others)),
        actions(*f.database, f.clock, f.identity.signing,
                attest::make_verifiers({.database = *f.database,
                                        .network_key = f.networks,
                                        .run = [this](auto work) { returning.run(std::move(work)); },
                                        .outbound = &outside->outbound,
                                        .mailer = outside->mailer.get(),
                                        .oauth = outside->oauth,
                                        .activitypub = f.config.activitypub,
                                        .take_back =
                                            [&clock = f.clock](db::Session& session, const std::string& basis) {
                                              return grant::revoke_basis(session, basis, clock.now());
                                            },
                                        .mails = f.config.mails,
                                        .payment = f.config.payment,
                                        .nostr = f.config.nostr}),
                &recently_issued),
        broker({.database = *f.database,
                .clock = f.clock,
                .titles = prepared,
                .agent = agents,
                .own_issuers = {f.identity.signing.did().text()},
                .recent = &recently_issued,
                .run = [this](auto work) { returning.run(std::move(work)); }}),
        pass_agent(f.identity.signing),
        pass_agents(f.identity.signing.did(), pass_agent, agents_elsewhere,
                    [this](auto work) { returning.run(std::move(work)); }),
        passes({.database = *f.database,
                .clock = f.clock,
                .titles = prepared,
                .agent = pass_agents,
                .node = f.identity.signing,
                .own_issuers = {f.identity.signing.did().text()}}),
        foreign_passes(*f.database, &outside->outbound, [this](auto work) { returning.run(std::move(work)); }),
        presence(*f.blobs),
        intake(agent, *f.database),
        desk(*registry, presence, intake,
             [this](const TitleId& id, std::int64_t revision) { care->note_title(id, revision); }),
        pruning(*f.database, f.clock) {}

  std::unique_ptr<catalog::registry::TitleRegistry> registry;
  std::unique_ptr<BlobCare> care;
  SignedTitlesByRegistry signed_titles;
  grant::PreparedTitles prepared;
  grant::LocalKeyAgent agent;
  grant::RemoteAgents agents_elsewhere{[since = Stopwatch()] { return since.elapsed(); }};
  grant::ChosenKeyAgent agents;
  work::Timers agent_watch;  // on a thread of its own: orders have deadlines of seconds
  WorkerPool returning{2};   // where answers from outside are written down
  std::unique_ptr<Outside> outside;
  attest::RecentlyIssued recently_issued;
  attest::Actions actions;
  grant::Broker broker;
  grant::LocalPassAgent pass_agent;
  grant::ChosenPassAgent pass_agents;
  grant::PassDesk passes;
  attest::ForeignPasses foreign_passes;
  BlobPresenceByStore presence;
  SealedIntakeByAgent intake;
  catalog::registry::PublishingDesk desk;
  once::Pruning pruning;
};

Result<void> without_count(const Result<std::int64_t>& rows) {
  return rows ? Result<void>() : std::unexpected(rows.error());
}

/// Ends what was opened by passes that their own nodes have revoked since.
void end_foreign_passes(Insides& in, Foundation& f) {
  in.foreign_passes.look_again(
      f.clock.now(), [&database = *f.database, &clock = f.clock](Result<std::vector<std::string>> revoked) {
        if (!revoked) return log::warning("foreign_passes_not_checked", {{"reason", revoked.error().reason}});
        for (const std::string& id : *revoked) {
          const auto ended = database.transact([&](db::Session& session) {
            return grant::revoke_basis(session, std::string(access::pass::kPassBasis) + id, clock.now());
          });
          if (!ended) log::warning("foreign_pass_not_ended", {{"reason", ended.error().reason}});
        }
      });
}

std::vector<work::Timer> make_timers(Insides& in, Foundation& f) {
  using std::chrono::minutes;
  const auto always = [](auto run) {
    return [run]() -> Result<void> {
      run();
      return {};
    };
  };
  return {{.name = "actions", .every = minutes(1), .run = [&in] { return without_count(in.actions.prune()); }},
          {.name = "attested", .every = minutes(1), .run = always([&in] { in.actions.tend(); })},
          {.name = "grants", .every = minutes(1), .run = [&in] { return without_count(in.broker.prune()); }},
          {.name = "passes",
           .every = minutes(1),
           .run = [&f] { return without_count(access::pass::prune_passes(*f.database, f.clock.now())); }},
          {.name = "foreign_passes", .every = minutes(1), .run = always([&in, &f] { end_foreign_passes(in, f); })},
          {.name = "once", .every = minutes(1), .run = [&in] { return without_count(in.pruning.run()); }},
          {.name = "scrub", .every = minutes(1), .run = always([&in] { in.care->scrub(); })},
          {.name = "sweep", .every = minutes(60), .run = always([&in] { in.care->sweep(); })}};
}

}  // namespace

Result<Fabric> make_fabric(Foundation& f) {
  SWARMA_RETURN_IF_ERROR(attest::check(f.config.payment));
  SWARMA_RETURN_IF_ERROR(attest::check(f.config.nostr));
  auto registry = std::make_unique<catalog::registry::TitleRegistry>(*f.database, f.clock);
  SWARMA_TRY(auto care, BlobCare::open(f.blob_folder, *f.blobs, *f.database, *registry, f.clock));
  auto outside = std::make_unique<Outside>();
  if (const net::MailOptions& mail = f.config.mail; !mail.is_empty()) {
    SWARMA_TRY(outside->mailer, net::Mailer::create(outside->outbound, mail));
  }
  SWARMA_TRY(outside->oauth, attest::read_oauth_adapters(f.config.oauth));
  const auto in = std::make_shared<Insides>(f, std::move(care), std::move(registry), std::move(outside));
  const auto discard = discard_by_registry(*in->registry, *f.blobs);
  Part part{.timers = make_timers(*in, f), .keeps = in};
  for (api::Table table :
       {api::routes(api::BlobRoutes{*f.blobs}), api::routes(api::BlobUploadRoutes{f.clock, *f.blobs, discard}),
        api::routes(api::CatalogRoutes{*in->registry, in->prepared}),
        api::routes(api::TitleRoutes{*in->registry, in->desk, *f.blobs, *f.disk, in->agents}),
        api::routes(api::RequirementRoutes{in->prepared, in->actions, in->agents}),
        api::routes(api::PolicyRoutes{f.clock, in->actions, f.identity.signing.did().text()}),
        api::routes(api::ActionRoutes{in->prepared, in->actions, f.door}),
        api::routes(api::AttestationRoutes{in->actions}), api::routes(api::KeyRoutes{in->broker}),
        api::routes(api::PassRoutes{in->passes, *f.database, f.clock, f.identity.signing.jkt()}),
        api::routes(api::AgentRoutes{in->agents_elsewhere, f.door, f.identity.signing.did().text()}),
        api::routes(api::PageRoutes{*in->registry})})
    std::ranges::move(table, std::back_inserter(part.routes));
  part.metrics = {{"swarma_blobs_damaged", "gauge", "Blobs that the disk damaged and nobody has put again",
                   [in = in.get()] { return in->care->count_damaged(); }},
                  {"swarma_agents", "gauge", "Key agents elsewhere that are connected",
                   [in = in.get()] { return in->agents_elsewhere.counts().lines; }},
                  {"swarma_agent_orders", "gauge", "Key requests that wait for an agent elsewhere",
                   [in = in.get()] { return in->agents_elsewhere.counts().orders; }},
                  {"swarma_sweep_held_back", "gauge", "1 while orphans stay because another database may know them",
                   [in = in.get()] { return std::uint64_t{in->care->is_held_back()}; }}};
  return Fabric{.part = std::move(part), .face = {.registry = *in->registry, .desk = in->desk, .discard = discard}};
}

}  // namespace swarma::node
