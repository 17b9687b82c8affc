// HLS playlists (RFC 8216, version 7) as we write them and as we read them back. URIs are `<sha256>.<ext>`, relative,
// so every reference is a blob. The parsers take untrusted text and accept exactly this subset, bounded.
//
// Sound is one audio group. The default comes first: the one that is marked, else the stereo rendition of the first
// language. A surround rendition of a language that also has stereo, and commentary, are there to be chosen
// (AUTOSELECT=NO), so a player that knows nothing starts in stereo. Captions are on by themselves only where they are
// marked as default.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "title/title_details.h"

namespace swarma::title {

inline constexpr std::size_t kMaxPlaylistBytes = 16 << 20;

struct PlaylistSegment {
  BlobId blob;
  double seconds = 0;             // written in microseconds
  std::int64_t stored_bytes = 0;  // in "#EXT-X-SWARMA-BYTES:n": lets a node check completeness without opening blobs
  bool operator==(const PlaylistSegment&) const = default;
};

struct MediaPlaylist {
  std::optional<BlobId> init;  // fMP4 tracks
  std::string extension;       // of segments: "m4s", "vtt", "jpg"
  std::vector<PlaylistSegment> segments;
  bool operator==(const MediaPlaylist&) const = default;
};

std::string write_media_playlist(const MediaPlaylist& playlist);
/// Corrupt ("playlist_bad") for anything write_media_playlist would not have written.
Result<MediaPlaylist> parse_media_playlist(std::string_view text);

/// The multivariant playlist over these tracks (storyboard left out: it is named in the details).
std::string write_multivariant_playlist(const std::vector<Track>& tracks);
/// The media playlists it names, in order, each once. Corrupt ("playlist_bad").
Result<std::vector<BlobId>> parse_multivariant_playlist(std::string_view text);

/// The sound among these tracks in the order of the playlist: the default first, commentary after the film's own sound,
/// within each the fewest channels first.
std::vector<const Track*> sound_in_order(const std::vector<Track>& tracks);

/// The same playlists with names of the caller's choice instead of hashes, for players that read a local server.
using TrackUri = std::function<std::string(const Track&)>;
std::string write_multivariant_playlist(const std::vector<Track>& tracks, const TrackUri& uri);
using SegmentUri = std::function<std::string(std::size_t index)>;
std::string write_media_playlist(const MediaPlaylist& playlist, const std::string& init_uri, const SegmentUri& uri);

}  // namespace swarma::title
