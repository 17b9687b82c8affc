#include "node/node.h"

#include <condition_variable>
#include <mutex>
#include <thread>

#include "api/discard_blobs.h"
#include "api/links.h"
#include "api/routes.h"
#include "base/file.h"
#include "base/log.h"
#include "content/blob/directory_blob_store.h"
#include "content/publish/former_folders.h"
#include "content/publish/jobs.h"
#include "content/publish/store_blob_sink.h"
#include "content/publish/tables.h"
#include "node/blob_care.h"
#include "node/bridges/catalog_titles.h"
#include "node/bridges/local_titles.h"
#include "node/descriptors.h"
#include "node/health_watch.h"
#include "node/home.h"
#include "node/metrics.h"
#include "node/secrets.h"
#include "node/server_options.h"
#include "once/pruning.h"
#include "once/tables.h"

namespace swarma::node {
namespace {

namespace grant = access::grant;
namespace attest = access::attest;
using Clocks = std::chrono::steady_clock;

/// Runs housekeeping every minute on its own thread until destroyed.
class Housekeeping {
 public:
  explicit Housekeeping(std::function<void()> work) : work_(std::move(work)), thread_([this] { loop(); }) {}
  ~Housekeeping() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }

 private:
  void loop() {
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, std::chrono::minutes(1), [this] { return stopping_; })) {
      lock.unlock();
      work_();
      lock.lock();
    }
  }

  std::function<void()> work_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

std::vector<std::unique_ptr<attest::Verifier>> make_verifiers(db::Database& database,
                                                              const crypto::SecretKey& network_key) {
  std::vector<std::unique_ptr<attest::Verifier>> verifiers;
  verifiers.push_back(attest::make_goodwill_verifier());
  verifiers.push_back(attest::make_puzzle_verifier());
  verifiers.push_back(attest::make_allowlist_verifier(database, network_key));
  return verifiers;
}

/// The folder on whose disk the database grows, or everything else if it grows elsewhere.
std::filesystem::path disk_of(const Config& config) {
  static constexpr std::string_view kSqlite = "sqlite:";
  if (!config.database.starts_with(kSqlite) || config.database == "sqlite::memory:") return config.data;
  const std::filesystem::path folder = std::filesystem::path(config.database.substr(kSqlite.size())).parent_path();
  return folder.empty() ? std::filesystem::path(".") : folder;
}

/// What the nodes of a database share.
struct Secrets {
  crypto::SecretKey nonces, networks;
};

/// The parts of a node, in the order of their construction: each needs only those above it.
struct Parts {
  Parts(const Config& config, crypto::Identity owner, std::unique_ptr<db::Database> db,
        std::unique_ptr<content::blob::BlobStore> store, const Secrets& secrets, std::unique_ptr<DiskReserve> reserve,
        const Clock& time)
      : clock(time),
        identity(std::move(owner)),
        database(std::move(db)),
        blobs(std::move(store)),
        registry(*database, clock),
        title_source(registry),
        titles(title_source),
        actions(*database, clock, identity.signing, make_verifiers(*database, secrets.networks)),
        agent(identity.signing, identity.decryption),
        broker(*database, clock, titles, agent, {identity.signing.did().text()}),
        idempotency(*database, clock),
        once_pruning(*database, clock),
        links(*database, clock),
        disk(std::move(reserve)),
        health(*database, *blobs, *disk),
        nonces(secrets.nonces),
        facts{.name = config.name,
              .public_url = config.public_url,
              .max_upload_bytes = config.max_upload_bytes,
              .database_may_block = database->is_postgresql()} {}

  const Clock& clock;
  crypto::Identity identity;
  std::unique_ptr<db::Database> database;
  std::shared_ptr<content::blob::BlobStore> blobs;
  catalog::registry::TitleRegistry registry;
  CatalogTitles title_source;
  grant::TitleCache titles;
  attest::Actions actions;
  grant::LocalKeyAgent agent;
  grant::Broker broker;
  once::IdempotencyStore idempotency;
  once::Pruning once_pruning;
  api::Links links;
  std::unique_ptr<DiskReserve> disk;
  HealthWatch health;
  crypto::DpopNonces nonces;
  api::NodeFacts facts;
  LocalTitles local_titles;
  std::unique_ptr<BlobCare> care;
  std::unique_ptr<content::publish::Spool> spool;
  std::unique_ptr<content::publish::MediaJobs> media;
  std::unique_ptr<api::Services> services;
};

Result<void> migrate(db::Database& database) {
  for (const auto migrations :
       {secret_migrations(), catalog::registry::migrations(), attest::migrations(), grant::migrations(),
        once::migrations(), api::link_migrations(), content::publish::migrations()})
    SWARMA_RETURN_IF_ERROR(database.migrate(migrations));
  return {};
}

Result<content::publish::ExistingTitle> next_revision(catalog::registry::TitleRegistry& registry,
                                                      const crypto::Did& owner, const TitleId& id) {
  SWARMA_TRY(const auto stored, registry.find(id));
  if (!(stored->record.creator == owner))
    return fail(ErrorCode::Forbidden, "not_creator", "Only the creator of a title can publish a new revision of it.");
  return content::publish::ExistingTitle{id, stored->record.nonce, stored->record.revision + 1};
}

Result<void> add_media(Parts& p, const Config& config, const std::filesystem::path& blob_folder,
                       const std::string& home) {
  // Beside the blobs, because all nodes of a database reach them.
  SWARMA_TRY(p.spool,
             content::publish::Spool::open(blob_folder / "uploads", config.max_upload_bytes, *p.database, p.clock));
  content::publish::import_former_folders({.data_folder = config.data, .spool_folder = blob_folder / "uploads"},
                                          *p.database, p.identity, p.clock);
  const title::KeyAgentRef agent{p.identity.signing.did(), p.identity.decryption.encryption_key()};
  content::publish::JobPorts ports{
      .identity = p.identity,
      .clock = p.clock,
      .database = *p.database,
      .spool = *p.spool,
      .agent = agent,
      .make_sink =
          [&p] {
            return content::publish::make_store_blob_sink(
                p.blobs, [&p](std::span<const content::publish::NewBlob> blobs) -> Result<void> {
                  SWARMA_RETURN_IF_ERROR(api::discard_blobs(*p.services, blobs));
                  return {};
                });
          },
      .titles = p.local_titles,
      .find_existing = [&p](const TitleId& id) { return next_revision(p.registry, p.identity.signing.did(), id); },
      .find_record = [&p](const TitleId& id) -> Result<std::optional<std::string>> {
        const auto stored = p.registry.find(id);
        if (!stored && stored.error().code == ErrorCode::NotFound) return std::nullopt;
        if (!stored) return std::unexpected(stored.error());
        return (*stored)->record_jws;
      },
      .data_folder = config.data,
      .home = home};
  SWARMA_TRY(p.media, content::publish::MediaJobs::open(std::move(ports)));
  return {};
}

class RunningNode final : public Node {
 public:
  static Result<std::unique_ptr<Node>> create(const Config& config, crypto::Identity identity, const Clock& clock);
  ~RunningNode() override {
    housekeeping_.reset();
    server_.reset();                    // no request after this
    if (parts_) parts_->media.reset();  // its publishes use the services
  }

  void run() override { server_->run(); }
  void stop() override {
    draining_ = true;
    server_->stop();
  }
  void reload() override {
    log::info("reloading");
    check_certificate(true);
  }
  std::string url() const override { return server_->url(); }

  std::string studio_link() override {
    const auto secret = parts_->links.create();
    return secret ? (public_url_.empty() ? server_->url() : public_url_) + "/studio/link#" + *secret : std::string();
  }

  void tidy_up() override {
    const std::lock_guard lock(tidying_);
    const auto note = [](std::string_view what, const Result<std::int64_t>& rows) {
      if (!rows) log::warning("housekeeping_failed", {{"what", what}, {"message", rows.error().message}});
    };
    note("actions", parts_->actions.prune());
    note("grants", parts_->broker.prune());
    note("proofs and answers", parts_->once_pruning.run());
    if (minutes_++ % kSweepMinutes == 0) {
      parts_->care->sweep();
      if (const auto tidied = parts_->spool->tidy(); !tidied)
        log::warning("housekeeping_failed", {{"what", "uploads"}, {"message", tidied.error().message}});
    }
    parts_->care->scrub();
    check_certificate(false);
  }

  /// `asked`: an operator wants the files read again, changed or not, and hears how it went.
  void check_certificate(bool asked) {
    if (!certificate_) return;
    const std::lock_guard lock(certificate_mutex_);
    const auto changed = certificate_->check();
    if (!changed) log::error("certificate_failed", {{"message", changed.error().message}});
    if (!changed || (!*changed && !asked)) return;
    if (const auto loaded = server_->reload_certificate(); !loaded)
      log::error("certificate_failed", {{"message", loaded.error().message}});
    else
      log::info("certificate_loaded");
  }

 private:
  static constexpr std::uint64_t kSweepMinutes = 60;
  std::mutex tidying_;
  std::uint64_t minutes_ = 1;
  std::optional<HomeLock> home_;
  SystemClock clock_;
  std::string public_url_;
  std::mutex certificate_mutex_;
  std::unique_ptr<CertificateKeeper> certificate_;
  std::unique_ptr<Parts> parts_;
  std::unique_ptr<net::HttpServer> server_;
  std::unique_ptr<Housekeeping> housekeeping_;
  std::atomic<bool> draining_{false};
  Clocks::time_point started_ = Clocks::now();
};

/// Shares out the file descriptors and says so when the operator gets less than they asked for.
Result<DescriptorBudget> plan_descriptors(const Config& config) {
  SWARMA_TRY(const DescriptorBudget budget,
             share_descriptors(raise_descriptor_limit(), {.connections = config.max_connections,
                                                          .loops = config.loops,
                                                          .workers = config.workers,
                                                          .database_connections = config.database_connections}));
  const auto fields = {log::Field("limit", std::uint64_t{budget.limit}),
                       log::Field("reserved", std::uint64_t{budget.reserved}),
                       log::Field("cached_blobs", std::uint64_t{budget.cached_blobs}),
                       log::Field("transfers", std::uint64_t{budget.transfers}),
                       log::Field("connections", std::uint64_t{budget.connections})};
  if (budget.connections < config.max_connections)
    log::warning("few_descriptors", fields);
  else
    log::info("descriptors", fields);
  return budget;
}

Result<std::unique_ptr<Node>> RunningNode::create(const Config& config, crypto::Identity identity, const Clock& clock) {
  SWARMA_TRY(HomeLock home, HomeLock::take(config.data));
  SWARMA_TRY(const DescriptorBudget budget, plan_descriptors(config));
  auto node = std::make_unique<RunningNode>();
  node->home_ = std::move(home);
  SWARMA_TRY(ServerSetup setup, prepare_server(config, node->clock_));
  setup.options.max_connections = budget.connections;
  const std::string url = config.database.empty() ? "sqlite:" + (config.data / "swarma.db").string() : config.database;
  auto disk = std::make_unique<DiskReserve>(disk_of(config));
  if (disk->is_full()) disk->release();  // a database needs a little room to be opened
  SWARMA_TRY(auto database, db::Database::open(url, config.database_connections));
  SWARMA_RETURN_IF_ERROR(migrate(*database));
  SWARMA_TRY(crypto::SecretKey nonce_key, shared_secret(*database, identity.master, "dpop-nonce"));
  SWARMA_TRY(crypto::SecretKey network_key, shared_secret(*database, identity.master, "networks"));
  const std::filesystem::path blob_folder = config.blobs.empty() ? config.data / "blobs" : config.blobs;
  SWARMA_TRY(auto blobs,
             content::blob::open_directory_blob_store(blob_folder, {.cached_descriptors = budget.cached_blobs}));

  node->parts_ = std::make_unique<Parts>(config, std::move(identity), std::move(database), std::move(blobs),
                                         Secrets{.nonces = nonce_key, .networks = network_key}, std::move(disk), clock);
  Parts& p = *node->parts_;
  if (setup.options.public_url.starts_with("https://")) p.facts.secure_url = setup.options.public_url;
  node->public_url_ = setup.options.public_url;
  node->certificate_ = std::move(setup.certificate);
  SWARMA_TRY(p.care, BlobCare::open(blob_folder, *p.blobs, *p.database, p.registry, p.clock));
  SWARMA_RETURN_IF_ERROR(add_media(p, config, blob_folder, node->home_->id()));
  p.services.reset(new api::Services{
      .clock = p.clock,
      .facts = p.facts,
      .owner = p.identity.signing,
      .agent_decryption = p.identity.decryption,
      .agent_encryption = p.identity.decryption.encryption_key(),
      .nonces = p.nonces,
      .database = *p.database,
      .blobs = *p.blobs,
      .registry = p.registry,
      .actions = p.actions,
      .titles = p.titles,
      .broker = p.broker,
      .agent = p.agent,
      .idempotency = p.idempotency,
      .links = p.links,
      .spool = *p.spool,
      .media = *p.media,
      .on_published = [&p](const TitleId& id, std::int64_t revision) { p.care->note_title(id, revision); },
      .metrics =
          [n = node.get()] {
            const auto up = std::chrono::duration_cast<std::chrono::seconds>(Clocks::now() - n->started_);
            return render_metrics(
                n->server_->stats(), up.count(),
                {.damaged = n->parts_->care->count_damaged(), .sweep_held_back = n->parts_->care->is_held_back()});
          },
      .draining = [n = node.get()] { return n->draining_.load(); },
      .health = [&p] { return p.health.latest(); },
      .disk = *p.disk});
  p.local_titles.connect(*p.services);
  p.media->start();
  const auto render = [&p](const net::Request&, const Error& error) { return api::render_error(*p.services, error); };
  SWARMA_TRY(node->server_, net::HttpServer::create(std::move(setup.options), api::make_routes(*p.services), render));
  node->housekeeping_ = std::make_unique<Housekeeping>([n = node.get()] { n->tidy_up(); });
  return node;
}

}  // namespace

Result<std::unique_ptr<Node>> Node::create(const Config& config, crypto::Identity identity, const Clock& clock) {
  return RunningNode::create(config, std::move(identity), clock);
}

}  // namespace swarma::node
