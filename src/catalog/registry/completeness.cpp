#include "catalog/registry/completeness.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "title/hls_playlist.h"
#include "title/title_details.h"

namespace swarma::catalog::registry {
namespace {

/// One walk over a title. Each step fails with "title_incomplete" and a sentence that names the blob.
class Walk {
 public:
  Walk(const title::TitleRecord& record, BlobPresence& blobs) : record_(record), blobs_(blobs) {}

  Result<CompleteTitle> run() {
    SWARMA_TRY(const auto details, read_details());
    SWARMA_RETURN_IF_ERROR(check_multivariant(details.tracks));
    for (const title::Track& track : details.tracks) SWARMA_RETURN_IF_ERROR(check_track(track));
    if (record_.poster) SWARMA_RETURN_IF_ERROR(check_present(*record_.poster, "the poster"));
    for (auto& [language, text] : details.texts) found_.texts.push_back(text);
    std::sort(found_.blobs.begin(), found_.blobs.end());
    found_.blobs.erase(std::unique(found_.blobs.begin(), found_.blobs.end()), found_.blobs.end());
    return std::move(found_);
  }

 private:
  Result<title::TitleDetails> read_details() {
    SWARMA_TRY(const Bytes bytes, read(record_.details, title::kMaxDetailsBytes, "the details"));
    auto details = title::parse_details(as_text(bytes));
    if (!details) return unreadable(record_.details, "the details", details.error());
    if (details->tracks.empty()) return incomplete("the details name no tracks");
    return details;
  }

  /// Players find tracks here, key agents and search in the details: both must name the same ones.
  Result<void> check_multivariant(const std::vector<title::Track>& tracks) {
    SWARMA_TRY(const Bytes bytes, read(record_.playlist, title::kMaxPlaylistBytes, "the playlist"));
    const auto named = title::parse_multivariant_playlist(as_text(bytes));
    if (!named) return unreadable(record_.playlist, "the playlist", named.error());
    std::set<BlobId> expected;
    for (const title::Track& track : tracks)
      if (track.kind != title::TrackKind::Storyboard) expected.insert(track.playlist);
    if (std::set<BlobId>(named->begin(), named->end()) != expected)
      return incomplete("the playlist and the details name different tracks");
    return {};
  }

  Result<void> check_track(const title::Track& track) {
    const std::string what = "the playlist of track " + track.id;
    SWARMA_TRY(const Bytes bytes, read(track.playlist, title::kMaxPlaylistBytes, what));
    const auto playlist = title::parse_media_playlist(as_text(bytes));
    if (!playlist) return unreadable(track.playlist, what, playlist.error());
    if (playlist->segments.size() != record_.slots)
      return incomplete(fmt::format("track {} has {} segments and the title {} slots", track.id,
                                    playlist->segments.size(), record_.slots));
    if (found_.blobs.size() + playlist->segments.size() > kMaxTitleBlobs)
      return fail(ErrorCode::TooLarge, "title_too_large",
                  fmt::format("A title leads to at most {} blobs.", kMaxTitleBlobs));
    if (playlist->init) SWARMA_RETURN_IF_ERROR(check_present(*playlist->init, "the init segment of track " + track.id));
    for (std::size_t slot = 0; slot < playlist->segments.size(); ++slot)
      SWARMA_RETURN_IF_ERROR(check_segment(track, slot, playlist->segments[slot]));
    return {};
  }

  Result<void> check_segment(const title::Track& track, std::size_t slot, const title::PlaylistSegment& segment) {
    SWARMA_TRY(const auto size, blobs_.has(segment.blob));
    if (!size)
      return incomplete(fmt::format("segment {} of track {} (blob {}) is missing", slot, track.id, segment.blob.hex()));
    if (*size != static_cast<std::uint64_t>(segment.stored_bytes))
      return incomplete(fmt::format("segment {} of track {} (blob {}) has {} bytes, and its playlist says {}", slot,
                                    track.id, segment.blob.hex(), *size, segment.stored_bytes));
    found_.blobs.push_back(segment.blob);
    return {};
  }

  Result<void> check_present(const BlobId& blob, std::string_view what) {
    SWARMA_TRY(const auto size, blobs_.has(blob));
    if (!size) return incomplete(fmt::format("{} (blob {}) is missing", what, blob.hex()));
    found_.blobs.push_back(blob);
    return {};
  }

  Result<Bytes> read(const BlobId& blob, std::size_t max_bytes, std::string_view what) {
    SWARMA_RETURN_IF_ERROR(check_present(blob, what));
    auto bytes = blobs_.read(blob, max_bytes);
    if (bytes || bytes.error().code == ErrorCode::Io || bytes.error().code == ErrorCode::Unavailable) return bytes;
    return unreadable(blob, what, bytes.error());
  }

  std::unexpected<Error> unreadable(const BlobId& blob, std::string_view what, const Error& why) const {
    return incomplete(fmt::format("{} (blob {}) cannot be used: {}", what, blob.hex(),
                                  std::string_view(why.message).substr(0, why.message.find_last_not_of('.') + 1)));
  }

  std::unexpected<Error> incomplete(std::string_view what) const {
    return fail(ErrorCode::Conflict, "title_incomplete",
                fmt::format("Title {} is not complete: {}.", record_.id.text(), what));
  }

  const title::TitleRecord& record_;
  BlobPresence& blobs_;
  CompleteTitle found_;
};

}  // namespace

Result<CompleteTitle> check_complete(const title::TitleRecord& record, BlobPresence& blobs) {
  return Walk(record, blobs).run();
}

}  // namespace swarma::catalog::registry
