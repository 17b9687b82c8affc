// From a track and a slot to plaintext: fetch → verify → key → decrypt. And the same ahead of time, on a few threads.
#pragma once

#include <deque>
#include <functional>
#include <future>

#include "base/worker_pool.h"
#include "content/watch/source.h"
#include "content/watch/title_view.h"
#include "content/watch/viewer_keys.h"

namespace swarma::content::watch {

/// Safe for concurrent use. References must outlive it.
class SegmentReader {
 public:
  SegmentReader(const TitleView& view, Source& source, ViewerKeys& keys) : view_(view), source_(source), keys_(keys) {}

  /// Plain already; NotFound when the track has none.
  Result<Bytes> read_init(std::size_t track);
  /// Errors: those of fetch_blob and ViewerKeys; Corrupt ("decryption_failed") when the bytes have the right name but
  /// do not open: the creator's playlist names the wrong segment, or the keys are another revision's.
  Result<Bytes> read_segment(std::size_t track, Slot slot);

  const TitleView& view() const { return view_; }
  ViewerKeys& keys() { return keys_; }

 private:
  const TitleView& view_;
  Source& source_;
  ViewerKeys& keys_;
};

/// The segments of one track in order, a few of them fetched ahead. Not safe for concurrent use.
class ReadAhead {
 public:
  /// Asked on the thread of next() before a slot is read: false ends the track there.
  using Gate = std::function<Result<bool>(Slot)>;

  ReadAhead(SegmentReader& reader, WorkerPool& pool, std::size_t track, SlotRange range, Gate gate = {},
            unsigned depth = 4);
  /// Nothing more is wanted: waits for what is under way.
  ~ReadAhead();
  /// The next segment; empty at the end of the range or where the gate closes.
  Result<Bytes> next();
  /// The slot that next() gives.
  Slot position() const { return next_slot_; }

 private:
  void fill();

  SegmentReader& reader_;
  WorkerPool& pool_;
  std::size_t track_;
  SlotRange range_;
  Gate gate_;
  unsigned depth_;
  Slot next_slot_;   // of next()
  Slot asked_slot_;  // of fill()
  std::deque<std::future<Result<Bytes>>> ahead_;
};

}  // namespace swarma::content::watch
