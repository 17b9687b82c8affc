// Stands between the packager and the blob sink: encrypts each segment, names it, hands it on, and writes down the
// playlist of each track.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

#include "content/media/package.h"
#include "content/publish/journal.h"
#include "content/publish/ports.h"
#include "content/publish/track_encryptor.h"

namespace swarma::content::publish {

/// As a SegmentSink: called from several threads, for one track from one at a time.
class EncryptingSink final : public media::SegmentSink {
 public:
  EncryptingSink(const media::PackagePlan& plan, const TitleKeys& keys, BlobSink& blobs, Journal& journal);

  /// Takes over what an earlier run finished, where all its blobs are still at the destination.
  Result<void> resume();
  std::set<std::size_t> finished() const;

  Result<void> on_init(std::size_t track, ByteView init) override;
  Result<void> on_segment(std::size_t track, Slot slot, double seconds, Bytes plaintext) override;
  Result<void> on_track_end(std::size_t track, const media::TrackFacts& facts) override;
  Bytes take_buffer(std::size_t bytes) override { return blobs_.take_buffer(bytes); }

  /// What every track became, in the order of the plan. Internal when one is not finished.
  Result<std::vector<FinishedTrack>> take_tracks();

 private:
  /// A segment on its way.
  struct PutSegment {
    double seconds;
    std::int64_t stored_bytes;
    std::future<BlobId> name;
  };
  struct TrackState {
    std::unique_ptr<TrackEncryptor> encryptor;  // none: finished before
    std::vector<PutSegment> segments;
    FinishedTrack result;
    bool finished = false;
  };

  const media::PackagePlan& plan_;
  const TitleKeys& keys_;
  BlobSink& blobs_;
  std::mutex journal_mutex_;
  Journal& journal_;
  std::vector<TrackState> tracks_;
};

}  // namespace swarma::content::publish
