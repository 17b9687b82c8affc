// What every role stands on: opened once, in this order, before any role.
#pragma once

#include <atomic>
#include <memory>

#include "api/door.h"
#include "content/blob/blob_store.h"
#include "events/bus.h"
#include "node/config.h"
#include "node/descriptors.h"
#include "node/home.h"

namespace swarma::node {

struct Foundation {
  /// Opens the database (and migrates it) and the blobs. Errors are sentences for the operator. `home` is the lock on
  /// the data folder, `public_url` as checked (empty: as requests say).
  static Result<std::unique_ptr<Foundation>> open(const Config& config, crypto::Identity identity, const Clock& clock,
                                                  HomeLock home, std::string public_url);

  const Config config;
  const Clock& clock;
  const crypto::Identity identity;
  HomeLock home;
  DescriptorBudget descriptors;
  std::unique_ptr<DiskReserve> disk;  // of the database
  std::unique_ptr<db::Database> database;
  const std::unique_ptr<events::Bus> bus = events::make_in_process_bus();
  std::filesystem::path blob_folder;
  std::shared_ptr<content::blob::BlobStore> blobs;
  crypto::SecretKey networks;  // keys the names of networks that guess codes
  crypto::DpopNonces nonces;
  once::IdempotencyStore answers;
  std::string public_url;
  api::Door door;
  std::atomic<bool> draining{false};

 private:
  struct Opened;
  Foundation(const Config& config, crypto::Identity identity, const Clock& clock, Opened opened);
};

}  // namespace swarma::node
