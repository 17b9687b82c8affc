// Looks every second, on a thread of its own, whether the node can do its work, so that whoever asks is answered at
// once from what was seen last.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "api/routes/node.h"
#include "base/disk_reserve.h"
#include "base/stopwatch.h"
#include "content/blob/blob_store.h"
#include "db/database.h"

namespace swarma::node {

class HealthWatch {
 public:
  /// All must outlive this. The first look is over when this is made.
  HealthWatch(db::Database& database, content::blob::BlobStore& blobs, DiskReserve& disk);
  ~HealthWatch();
  HealthWatch(const HealthWatch&) = delete;

  /// What was seen last. A look that does not come back within kStale is trouble of its own.
  api::Health latest() const;

 private:
  void loop();
  void look();

  static constexpr std::chrono::milliseconds kInterval{1'000};
  static constexpr std::chrono::seconds kStale{6};

  db::Database& database_;
  content::blob::BlobStore& blobs_;
  DiskReserve& disk_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  api::Health seen_;
  Stopwatch seen_at_;
  std::thread thread_;
};

}  // namespace swarma::node
