// What the tests of publishing and watching share: a folder that goes away, blobs in memory, a title port that
// remembers.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/testing.h"
#include "content/publish/ports.h"
#include "crypto/hash.h"

namespace swarma::content::publish::testing {

using swarma::testing::TemporaryFolder;

/// Refuses a blob whose bytes have another name. `fail_after`: so many puts succeed.
class MemoryBlobSink final : public BlobSink {
 public:
  Result<void> put(const BlobId& id, Bytes bytes) override {
    const std::lock_guard lock(mutex_);
    if (fail_after-- == 0) {
      fail_after = 0;
      return fail(ErrorCode::Unavailable, "unreachable", "The node went away.");
    }
    if (crypto::blob_id_of(bytes) != id) return fail(ErrorCode::Corrupt, "hash_mismatch", "Another name.");
    ++puts;
    blobs[id] = std::move(bytes);
    return {};
  }
  Result<std::future<BlobId>> put(Bytes bytes, SegmentSeal seal) override {
    seal(bytes);
    const BlobId id = crypto::blob_id_of(bytes);
    SWARMA_RETURN_IF_ERROR(put(id, std::move(bytes)));
    std::promise<BlobId> name;
    name.set_value(id);
    return name.get_future();
  }
  Result<void> flush() override {
    const std::lock_guard lock(mutex_);
    ++flushes;
    return {};
  }
  Result<void> discard_new() override {
    const std::lock_guard lock(mutex_);
    ++discards;
    blobs.clear();
    return {};
  }
  Result<std::vector<BlobId>> find_missing(std::span<const BlobId> ids) override {
    const std::lock_guard lock(mutex_);
    std::vector<BlobId> missing;
    for (const BlobId& id : ids)
      if (!blobs.contains(id)) missing.push_back(id);
    return missing;
  }

  std::map<BlobId, Bytes> blobs;
  int puts = 0;
  int flushes = 0;
  int discards = 0;
  int fail_after = -1;

 private:
  std::mutex mutex_;
};

class FakePublishPort final : public PublishPort {
 public:
  Result<void> publish(std::string_view record_jws, std::string_view sealed_jwe) override {
    ++calls;
    if (calls <= fail_first) return fail(ErrorCode::Unavailable, "timed_out", "No answer came.");
    record = record_jws;
    sealed = sealed_jwe;
    return {};
  }
  std::string record, sealed;
  int calls = 0;
  int fail_first = 0;
};

}  // namespace swarma::content::publish::testing
