#include "node/foundation.h"

#include "access/attest/actions.h"
#include "access/grant/broker.h"
#include "access/pass/pass_book.h"
#include "api/links.h"
#include "base/log.h"
#include "catalog/registry/registry.h"
#include "content/blob/directory_blob_store.h"
#include "content/publish/tables.h"
#include "node/secrets.h"
#include "once/tables.h"
#include "work/queue.h"

namespace swarma::node {
namespace {

/// The folder on whose disk the database grows, or everything else if it grows elsewhere.
std::filesystem::path disk_of(const Config& config) {
  static constexpr std::string_view kSqlite = "sqlite:";
  if (!config.database.starts_with(kSqlite) || config.database == "sqlite::memory:") return config.data;
  const std::filesystem::path folder = std::filesystem::path(config.database.substr(kSqlite.size())).parent_path();
  return folder.empty() ? std::filesystem::path(".") : folder;
}

/// Of all roles, also of those this node does not have: another node of the database may.
Result<void> migrate(db::Database& database) {
  for (const auto migrations : {secret_migrations(), catalog::registry::migrations(), access::pass::migrations(),
                                access::attest::migrations(), access::grant::migrations(), once::migrations(),
                                api::link_migrations(), work::migrations(), content::publish::migrations()})
    SWARMA_RETURN_IF_ERROR(database.migrate(migrations));
  return {};
}

/// Shares out the file descriptors and says so when the operator gets less than they asked for.
Result<DescriptorBudget> plan_descriptors(const Config& config) {
  SWARMA_TRY(const DescriptorBudget budget,
             share_descriptors(raise_descriptor_limit(), {.connections = config.http.max_connections,
                                                          .loops = config.http.loops,
                                                          .workers = config.http.workers,
                                                          .database_connections = config.database_connections}));
  const auto fields = {log::Field("limit", std::uint64_t{budget.limit}),
                       log::Field("reserved", std::uint64_t{budget.reserved}),
                       log::Field("cached_blobs", std::uint64_t{budget.cached_blobs}),
                       log::Field("transfers", std::uint64_t{budget.transfers}),
                       log::Field("connections", std::uint64_t{budget.connections})};
  if (budget.connections < config.http.max_connections)
    log::warning("few_descriptors", fields);
  else
    log::info("descriptors", fields);
  return budget;
}

}  // namespace

struct Foundation::Opened {
  HomeLock home;
  DescriptorBudget descriptors;
  std::unique_ptr<DiskReserve> disk;
  std::unique_ptr<db::Database> database;
  std::filesystem::path blob_folder;
  std::shared_ptr<content::blob::BlobStore> blobs;
  crypto::SecretKey networks, nonces;
  std::string public_url;
};

Foundation::Foundation(const Config& chosen, crypto::Identity owner, const Clock& time, Opened opened)
    : config(chosen),
      clock(time),
      identity(std::move(owner)),
      home(std::move(opened.home)),
      descriptors(opened.descriptors),
      disk(std::move(opened.disk)),
      database(std::move(opened.database)),
      blob_folder(std::move(opened.blob_folder)),
      blobs(std::move(opened.blobs)),
      networks(opened.networks),
      nonces(opened.nonces),
      answers(*database, clock),
      public_url(std::move(opened.public_url)),
      door({.clock = clock,
            .owner = identity.signing,
            .nonces = nonces,
            .database = *database,
            .answers = answers,
            .disk = *disk,
            .public_url = public_url}) {}

Result<std::unique_ptr<Foundation>> Foundation::open(const Config& config, crypto::Identity identity,
                                                     const Clock& clock, HomeLock home, std::string public_url) {
  SWARMA_TRY(const DescriptorBudget descriptors, plan_descriptors(config));
  auto disk = std::make_unique<DiskReserve>(disk_of(config));
  if (disk->is_full()) disk->release();  // a database needs a little room to be opened
  SWARMA_TRY(auto database, db::Database::open(config.database_url(), config.database_connections));
  SWARMA_RETURN_IF_ERROR(migrate(*database));
  SWARMA_TRY(crypto::SecretKey nonces, shared_secret(*database, identity.master, "dpop-nonce"));
  SWARMA_TRY(crypto::SecretKey networks, shared_secret(*database, identity.master, "networks"));
  SWARMA_TRY(auto blobs, content::blob::open_directory_blob_store(config.blob_folder(),
                                                                  {.cached_descriptors = descriptors.cached_blobs}));
  return std::unique_ptr<Foundation>(new Foundation(config, std::move(identity), clock,
                                                    {.home = std::move(home),
                                                     .descriptors = descriptors,
                                                     .disk = std::move(disk),
                                                     .database = std::move(database),
                                                     .blob_folder = config.blob_folder(),
                                                     .blobs = std::move(blobs),
                                                     .networks = std::move(networks),
                                                     .nonces = std::move(nonces),
                                                     .public_url = std::move(public_url)}));
}

}  // namespace swarma::node
