#include "node/health_watch.h"

#include "base/log.h"

namespace swarma::node {
namespace {

constexpr const char* kOk = "ok";

/// Whether a blob could be written: begins one, which leaves no trace.
Result<void> try_blob_store(content::blob::BlobStore& blobs) {
  SWARMA_TRY(const auto writer, blobs.create_writer());
  static constexpr std::array<std::uint8_t, 1> kByte = {0};
  return writer->write(kByte);
}

/// Strangers read this: the slug, and nothing of what lies behind it.
std::string say(const Result<void>& result) {
  return result ? kOk : result.error().reason;
}

}  // namespace

HealthWatch::HealthWatch(db::Database& database, content::blob::BlobStore& blobs, DiskReserve& disk)
    : database_(database), blobs_(blobs), disk_(disk) {
  look();
  thread_ = std::thread([this] { loop(); });
}

HealthWatch::~HealthWatch() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void HealthWatch::loop() {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, kInterval, [this] { return stopping_; })) {
    lock.unlock();
    look();
    lock.lock();
  }
}

void HealthWatch::look() {
  disk_.look();
  const Result<void> database = database_.check();
  const Result<void> blobs = try_blob_store(blobs_);
  api::Health health;
  health.checks["database"] = say(database);
  health.checks["blobs"] = say(blobs);
  health.checks["disk"] = disk_.is_full() ? "disk_full" : kOk;
  for (const auto& [name, state] : health.checks) health.ok = health.ok && state == kOk;

  const std::lock_guard lock(mutex_);
  if (health.checks != seen_.checks && (!health.ok || !seen_.checks.empty()))
    for (const auto& [name, result] : {std::pair("database", &database), std::pair("blobs", &blobs)})
      if (!*result) log::error("unwell", {{"check", name}, {"message", result->error().message}});
  if (health.ok && !seen_.checks.empty() && !seen_.ok) log::info("well_again", {});
  seen_ = std::move(health);
  seen_at_.restart();
}

api::Health HealthWatch::latest() const {
  const std::lock_guard lock(mutex_);
  api::Health health = seen_;
  if (disk_.was_full()) {  // somebody has just met it
    health.ok = false;
    health.checks["disk"] = "disk_full";
  }
  if (seen_at_.elapsed() > kStale) {
    health.ok = false;
    health.checks["watch"] = "stuck";
  }
  return health;
}

}  // namespace swarma::node
