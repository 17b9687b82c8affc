#include "content/watch/title_view.h"

#include <algorithm>
#include <optional>
#include <set>

#include "base/file.h"
#include "base/text.h"
#include "crypto/hash.h"

namespace swarma::content::watch {
namespace {

constexpr std::uint64_t kMaxSegments = 4'000'000;  // over all tracks: what a viewer is ready to hold in memory

std::unexpected<Error> incomplete(const std::string& what) {
  return fail(ErrorCode::Corrupt, "title_inconsistent", "The title does not fit together: " + what);
}

bool has_init(title::TrackKind kind) {
  return kind == title::TrackKind::Video || kind == title::TrackKind::Audio;
}

Result<title::MediaPlaylist> open_playlist(const title::Track& track, const title::TitleRecord& record,
                                           Source& source) {
  const auto& groups = record.key_groups;
  if (std::find(groups.begin(), groups.end(), track.key_group) == groups.end())
    return incomplete("the track " + track.id + " is of a key group that the record does not name.");
  SWARMA_TRY(const Bytes bytes, fetch_blob(source, track.playlist, "m3u8"));
  SWARMA_TRY(auto playlist, title::parse_media_playlist(as_text(bytes)));
  if (playlist.segments.size() != record.slots)
    return incomplete("the track " + track.id + " has " + std::to_string(playlist.segments.size()) +
                      " segments instead of " + std::to_string(record.slots) + ".");
  if (playlist.init.has_value() != has_init(track.kind) || (playlist.extension == "m4s") != has_init(track.kind))
    return incomplete("the playlist of the track " + track.id + " is of another kind of track.");
  return playlist;
}

/// The playlist that players read and the details that we read must lead to the same tracks.
Result<void> check_multivariant(const title::TitleRecord& record, const title::TitleDetails& details, Source& source) {
  SWARMA_TRY(const Bytes bytes, fetch_blob(source, record.playlist, "m3u8"));
  SWARMA_TRY(const auto named, title::parse_multivariant_playlist(as_text(bytes)));
  std::set<BlobId> expected;
  for (const title::Track& track : details.tracks)
    if (track.kind != title::TrackKind::Storyboard) expected.insert(track.playlist);
  if (std::set<BlobId>(named.begin(), named.end()) != expected)
    return incomplete("its playlist and its details name different tracks.");
  return {};
}

struct Seen {
  std::int64_t revision = 0;
  std::string digest;  // empty in files of earlier versions
};

/// "REVISION DIGEST\n" or "REVISION\n".
std::optional<Seen> parse_seen(std::string_view text) {
  if (!text.ends_with('\n')) return std::nullopt;
  text.remove_suffix(1);
  const std::size_t blank = std::min(text.find(' '), text.size());
  const auto revision = parse_number<std::int64_t>(text.substr(0, blank));
  if (!revision) return std::nullopt;
  return Seen{.revision = *revision, .digest = std::string(text.substr(std::min(blank + 1, text.size())))};
}

std::string payload_digest(std::string_view jws) {
  const std::size_t begin = jws.find('.') + 1;
  return to_base64url(crypto::sha256(view(jws.substr(begin, jws.find('.', begin) - begin))));
}

}  // namespace

Result<void> SeenRevisions::accept(const title::TitleRecord& record, std::string_view jws) {
  const std::filesystem::path file = folder_ / record.id.text();
  const std::string digest = payload_digest(jws);
  const auto bytes = read_file(file, 128);
  if (!bytes && bytes.error().code != ErrorCode::NotFound) return std::unexpected(bytes.error());
  if (bytes) {
    const auto seen = parse_seen(as_text(*bytes));
    if (!seen)
      return fail(ErrorCode::Corrupt, "seen_bad",
                  "The file " + file.string() + " is damaged. Delete it to forget what was seen of this title.");
    if (record.revision < seen->revision)
      return fail(ErrorCode::Conflict, "record_older",
                  "The node gave revision " + std::to_string(record.revision) + " of this title, but revision " +
                      std::to_string(seen->revision) +
                      " has been seen before. It is behind, or it is withholding the newer one; try another node.");
    if (record.revision == seen->revision && !seen->digest.empty() && seen->digest != digest)
      return fail(ErrorCode::Conflict, "record_forked",
                  "Two different records of revision " + std::to_string(record.revision) +
                      " of this title exist, and its creator signed both. Ask the creator which one is meant; to "
                      "accept the one of this node, delete the file " +
                      file.string() + ".");
    if (record.revision == seen->revision && seen->digest == digest) return {};
  }
  SWARMA_RETURN_IF_ERROR(ensure_private_folder(folder_));
  return write_file_durably(file, view(std::to_string(record.revision) + " " + digest + "\n"), 0600);
}

double TitleView::seconds_before(Slot slot) const {
  for (std::size_t i = 0; i < details.tracks.size(); ++i) {
    if (details.tracks[i].kind != title::TrackKind::Video) continue;
    double seconds = 0;
    for (Slot s = 0; s < slot && s < playlists[i].segments.size(); ++s) seconds += playlists[i].segments[s].seconds;
    return seconds;
  }
  return 0;
}

Result<TitleView> open_title(std::string jws, const TitleId& wanted, Source& source, SeenRevisions& seen) {
  SWARMA_TRY(title::TitleRecord record, title::verify_record(jws));
  if (record.id != wanted)
    return fail(ErrorCode::Corrupt, "record_forged",
                "The node gave the record of another title than the one asked for.");
  SWARMA_RETURN_IF_ERROR(seen.accept(record, jws));
  SWARMA_TRY(const Bytes details_bytes, fetch_blob(source, record.details, "json"));
  SWARMA_TRY(title::TitleDetails details, title::parse_details(as_text(details_bytes)));
  if (std::uint64_t{record.slots} * details.tracks.size() > kMaxSegments)
    return incomplete("it has more segments than a viewer can hold.");
  const bool has_video = std::any_of(details.tracks.begin(), details.tracks.end(),
                                     [](const auto& track) { return track.kind == title::TrackKind::Video; });
  if (!has_video) return incomplete("it has no video track.");
  SWARMA_RETURN_IF_ERROR(check_multivariant(record, details, source));
  TitleView view{std::move(record), std::move(jws), std::move(details), {}};
  for (const title::Track& track : view.details.tracks) {
    SWARMA_TRY(auto playlist, open_playlist(track, view.record, source));
    view.playlists.push_back(std::move(playlist));
  }
  return view;
}

}  // namespace swarma::content::watch
