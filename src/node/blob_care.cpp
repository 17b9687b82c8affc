#include "node/blob_care.h"

#include "base/log.h"
#include "base/random.h"

namespace swarma::node {
namespace {

constexpr std::uint64_t kScrubbedBytes = 64u << 20;  // a minute: 90 GB a day

/// What the operator's commands look at.
struct Workbench {
  SystemClock clock;
  std::unique_ptr<db::Database> database;
  std::unique_ptr<content::blob::BlobStore> store;
  std::unique_ptr<catalog::registry::TitleRegistry> registry;
  std::unique_ptr<FolderMemory> memory;
  std::unique_ptr<catalog::registry::BlobClaim> claim;
};

Result<std::unique_ptr<Workbench>> open_workbench(const Config& config, bool migrate) {
  auto bench = std::make_unique<Workbench>();
  SWARMA_TRY(bench->database, db::Database::open(config.database_url(), 1));
  if (migrate) SWARMA_RETURN_IF_ERROR(bench->database->migrate(catalog::registry::migrations()));
  SWARMA_TRY(bench->store, content::blob::open_directory_blob_store(config.blob_folder()));
  SWARMA_TRY(auto notes, content::blob::StoreNotes::open(config.blob_folder()));
  bench->registry = std::make_unique<catalog::registry::TitleRegistry>(*bench->database, bench->clock);
  bench->memory = std::make_unique<FolderMemory>(std::move(notes), *bench->store, bench->clock);
  bench->claim =
      std::make_unique<catalog::registry::BlobClaim>(*bench->database, *bench->registry, *bench->memory, bench->clock);
  return bench;
}

}  // namespace

BlobCare::BlobCare(content::blob::StoreNotes notes, content::blob::BlobStore& store, db::Database& database,
                   catalog::registry::TitleRegistry& registry, const Clock& clock)
    : store_(store),
      registry_(registry),
      memory_(std::move(notes), store, clock),
      claim_(database, registry, memory_, clock),
      scrubber_(store, random_array<1>()[0]) {}

Result<std::unique_ptr<BlobCare>> BlobCare::open(const std::filesystem::path& folder, content::blob::BlobStore& store,
                                                 db::Database& database, catalog::registry::TitleRegistry& registry,
                                                 const Clock& clock) {
  SWARMA_TRY(auto notes, content::blob::StoreNotes::open(folder));
  std::unique_ptr<BlobCare> care(new BlobCare(std::move(notes), store, database, registry, clock));
  const auto claimed = care->claim_.claim();
  const Result<std::string> obstacle =
      claimed ? care->claim_.find_obstacle() : Result<std::string>(std::unexpected(claimed.error()));
  // On a full disk, for example: the next sweep tries again, and until then nothing goes.
  const std::string why = obstacle ? *obstacle : obstacle.error().message;
  care->held_back_ = !why.empty();
  if (!why.empty()) log::warning("sweep_held_back", {{"message", why}});
  return care;
}

void BlobCare::note_title(const TitleId& id, std::int64_t revision) {
  if (const auto noted = claim_.note_title({id, revision}); !noted)  // the next sweep notes it
    log::warning("title_not_noted", {{"id", id.text()}, {"message", noted.error().message}});
}

void BlobCare::sweep() {
  const auto bounds = claim_.look();
  if (!bounds) return log::warning("sweep_failed", {{"message", bounds.error().message}});
  held_back_ = !bounds->held_back.empty();
  if (held_back_) return log::warning("sweep_held_back", {{"message", bounds->held_back}});
  StoreSweptBlobs swept(store_);
  const auto report = catalog::registry::sweep_orphans(swept, registry_, *bounds);
  if (!report)
    log::warning("sweep_failed", {{"message", report.error().message}});
  else if (report->removed > 0)
    log::info("swept", {{"blobs", report->removed}, {"bytes", report->removed_bytes}});
}

void BlobCare::scrub() {
  if (const auto report = scrubber_.run(kScrubbedBytes); !report)
    log::warning("scrub_failed", {{"message", report.error().message}});
}

std::uint64_t BlobCare::count_damaged() const {
  const auto damaged = store_.list_damaged();
  return damaged ? damaged->size() : 0;
}

Result<BlobHealth> check_blobs(const Config& config, bool verify) {
  SWARMA_TRY(const auto bench, open_workbench(config, false));
  BlobHealth health;
  if (verify) {
    content::blob::Scrubber scrubber(*bench->store, 0);
    SWARMA_TRY(const auto report, scrubber.run(UINT64_MAX));
    health.verified = report.blobs;
  }
  SWARMA_TRY(health.damaged, bench->store->list_damaged());
  const auto obstacle = bench->claim->find_obstacle();
  health.obstacle =
      obstacle ? *obstacle : "The database cannot say which blobs are its own. " + obstacle.error().message;
  return health;
}

Result<void> adopt_blobs(const Config& config) {
  SWARMA_TRY(const auto bench, open_workbench(config, true));
  return bench->claim->adopt();
}

}  // namespace swarma::node
