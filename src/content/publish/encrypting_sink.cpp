#include "content/publish/encrypting_sink.h"

#include "crypto/aead.h"
#include "crypto/hash.h"

namespace swarma::content::publish {
namespace {

std::string extension_of(title::TrackKind kind) {
  switch (kind) {
    case title::TrackKind::Captions:
      return "vtt";
    case title::TrackKind::Storyboard:
      return "jpg";
    default:
      return "m4s";
  }
}

std::unexpected<Error> wrong_order(const std::string& key) {
  return fail(ErrorCode::Internal, "packager_broke_contract",
              "The packager did not make exactly one segment a slot for the track " + key + ".");
}

}  // namespace

EncryptingSink::EncryptingSink(const media::PackagePlan& plan, const TitleKeys& keys, BlobSink& blobs, Journal& journal)
    : plan_(plan), keys_(keys), blobs_(blobs), journal_(journal), tracks_(plan.tracks.size()) {
  for (std::size_t i = 0; i < tracks_.size(); ++i) {
    const media::TrackPlan& track = plan.tracks[i];
    TrackState& state = tracks_[i];
    state.result.track_id = make_track_id(track.key);
    state.result.playlist.extension = extension_of(track.kind);
    state.encryptor = std::make_unique<TrackEncryptor>(keys, track.key_group, state.result.track_id);
  }
}

Result<void> EncryptingSink::resume() {
  for (std::size_t i = 0; i < tracks_.size(); ++i) {
    SWARMA_TRY(auto found, journal_.find_track(plan_.tracks[i].key));
    if (!found || found->playlist.segments.size() != keys_.slots) continue;
    std::vector<BlobId> ids;
    if (found->playlist.init) ids.push_back(*found->playlist.init);
    for (const auto& segment : found->playlist.segments) ids.push_back(segment.blob);
    SWARMA_TRY(const auto missing, blobs_.find_missing(ids));
    if (!missing.empty()) continue;
    tracks_[i].encryptor = nullptr;
    tracks_[i].result = *std::move(found);
    tracks_[i].finished = true;
  }
  return {};
}

std::set<std::size_t> EncryptingSink::finished() const {
  std::set<std::size_t> out;
  for (std::size_t i = 0; i < tracks_.size(); ++i)
    if (tracks_[i].finished) out.insert(i);
  return out;
}

Result<void> EncryptingSink::on_init(std::size_t track, ByteView init) {
  TrackState& state = tracks_.at(track);
  if (state.finished || state.result.playlist.init) return wrong_order(plan_.tracks[track].key);
  const BlobId id = crypto::blob_id_of(init);
  state.result.playlist.init = id;
  state.result.init_bytes = static_cast<std::int64_t>(init.size());
  return blobs_.put(id, Bytes(init.begin(), init.end()));
}

Result<void> EncryptingSink::on_segment(std::size_t track, Slot slot, double seconds, Bytes plaintext) {
  TrackState& state = tracks_.at(track);
  if (state.finished || slot != state.encryptor->next() || slot >= keys_.slots)
    return wrong_order(plan_.tracks[track].key);
  const auto stored_bytes = static_cast<std::int64_t>(plaintext.size() + crypto::kTagBytes);
  SWARMA_TRY(auto name, blobs_.put(std::move(plaintext), state.encryptor->take_seal(slot)));
  state.segments.push_back({seconds, stored_bytes, std::move(name)});
  return {};
}

Result<void> EncryptingSink::on_track_end(std::size_t track, const media::TrackFacts& facts) {
  TrackState& state = tracks_.at(track);
  if (state.finished || state.encryptor->next() != keys_.slots) return wrong_order(plan_.tracks[track].key);
  state.result.facts = facts;
  SWARMA_RETURN_IF_ERROR(blobs_.flush());
  for (PutSegment& segment : state.segments)
    state.result.playlist.segments.push_back({segment.name.get(), segment.seconds, segment.stored_bytes});
  {
    const std::lock_guard lock(journal_mutex_);
    SWARMA_RETURN_IF_ERROR(journal_.put_track(plan_.tracks[track].key, state.result));
  }
  state.finished = true;
  return {};
}

Result<std::vector<FinishedTrack>> EncryptingSink::take_tracks() {
  std::vector<FinishedTrack> out;
  for (std::size_t i = 0; i < tracks_.size(); ++i) {
    if (!tracks_[i].finished) return wrong_order(plan_.tracks[i].key);
    out.push_back(std::move(tracks_[i].result));
  }
  return out;
}

}  // namespace swarma::content::publish
