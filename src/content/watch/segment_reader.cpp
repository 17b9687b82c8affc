#include "content/watch/segment_reader.h"

#include <algorithm>

#include "crypto/aead.h"

namespace swarma::content::watch {
namespace {

std::unexpected<Error> no_such_segment() {
  return fail(ErrorCode::NotFound, "no_such_segment", "The title has no such track or segment.");
}

}  // namespace

Result<Bytes> SegmentReader::read_init(std::size_t track) {
  if (track >= view_.playlists.size() || !view_.playlists[track].init) return no_such_segment();
  return fetch_blob(source_, *view_.playlists[track].init, "mp4");
}

Result<Bytes> SegmentReader::read_segment(std::size_t track, Slot slot) {
  if (track >= view_.playlists.size() || slot >= view_.record.slots) return no_such_segment();
  const title::Track& about = view_.details.tracks[track];
  const title::MediaPlaylist& playlist = view_.playlists[track];
  // The key first: without it there is nothing to fetch for.
  SWARMA_TRY(const crypto::SecretKey key, keys_.content_key(about.key_group, about.id, slot));
  SWARMA_TRY(const Bytes stored, fetch_blob(source_, playlist.segments[slot].blob, playlist.extension));
  SWARMA_TRY(const Bytes additional_data,
             title::segment_additional_data(view_.record.id, view_.record.salt, about.id, slot));
  Bytes plain;
  if (!crypto::aead_open(key, crypto::Nonce{}, additional_data, stored, plain))
    return fail(ErrorCode::Corrupt, "decryption_failed",
                "Slot " + std::to_string(slot) + " of the track " + about.id +
                    " does not open: the segment belongs to another place, or the keys to another revision.");
  return plain;
}

ReadAhead::ReadAhead(SegmentReader& reader, WorkerPool& pool, std::size_t track, SlotRange range, Gate gate,
                     unsigned depth)
    : reader_(reader),
      pool_(pool),
      track_(track),
      range_(range),
      gate_(std::move(gate)),
      depth_(std::max(depth, 1u)),
      next_slot_(range.begin),
      asked_slot_(range.begin) {}

ReadAhead::~ReadAhead() {
  for (auto& segment : ahead_) segment.wait();
}

void ReadAhead::fill() {
  while (asked_slot_ < range_.end && ahead_.size() < depth_) {
    const Slot slot = asked_slot_;
    const Result<bool> open = gate_ ? gate_(slot) : Result<bool>(true);
    auto promise = std::make_shared<std::promise<Result<Bytes>>>();
    if (open && !*open) {
      range_.end = slot;
      return;
    }
    ahead_.push_back(promise->get_future());
    ++asked_slot_;
    if (!open) {
      promise->set_value(std::unexpected(open.error()));
      range_.end = asked_slot_;
      return;
    }
    pool_.run([this, promise, slot] { promise->set_value(reader_.read_segment(track_, slot)); });
  }
}

Result<Bytes> ReadAhead::next() {
  fill();
  if (ahead_.empty()) return Bytes{};
  auto segment = ahead_.front().get();
  ahead_.pop_front();
  ++next_slot_;
  // An empty answer means the end: a segment without a byte must not be taken for it.
  if (segment && segment->empty())
    return fail(ErrorCode::Corrupt, "title_inconsistent",
                "Slot " + std::to_string(next_slot_ - 1) + " of a track is empty.");
  return segment;
}

}  // namespace swarma::content::watch
