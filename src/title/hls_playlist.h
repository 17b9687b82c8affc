// HLS playlists (RFC 8216, version 7) as we write them and as we read them back. URIs are `<sha256>.<ext>`, relative, so
// every reference is a blob. The parser takes untrusted text: it accepts exactly this subset, bounded.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "title/title_details.h"

namespace swarma::title {

inline constexpr std::size_t kMaxPlaylistBytes = 16 << 20;

struct PlaylistSegment {
  BlobId blob;
  double seconds = 0;
  std::int64_t stored_bytes = 0;  // in "#EXT-X-SWARMA-BYTES:n": lets a node check completeness without opening blobs
};

struct MediaPlaylist {
  std::optional<BlobId> init;  // fMP4 tracks
  std::string extension;       // of segments: "m4s", "vtt", "jpg"
  std::vector<PlaylistSegment> segments;
};

std::string write_media_playlist(const MediaPlaylist& playlist);
Result<MediaPlaylist> parse_media_playlist(std::string_view text);

/// The multivariant playlist over these tracks (storyboard left out: it is named in the details).
std::string write_multivariant_playlist(const std::vector<Track>& tracks);
/// The media playlists it names.
Result<std::vector<BlobId>> parse_multivariant_playlist(std::string_view text);

}  // namespace swarma::title
