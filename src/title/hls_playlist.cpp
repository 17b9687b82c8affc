#include "title/hls_playlist.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "crypto/key_tree.h"

namespace swarma::title {
namespace {

constexpr std::int64_t kMaxSegmentMicros = std::int64_t{3'600} * 1'000'000;
constexpr std::int64_t kMaxStoredBytes = 256 << 20;  // a blob is never larger
constexpr std::string_view kExtensions[] = {"m4s", "vtt", "jpg"};

constexpr std::string_view kInitTag = "#EXT-X-MAP:URI=\"";
constexpr std::string_view kDurationTag = "#EXTINF:";
constexpr std::string_view kBytesTag = "#EXT-X-SWARMA-BYTES:";

std::unexpected<Error> bad(std::string message) {
  return fail(ErrorCode::Corrupt, "playlist_bad", std::move(message));
}

std::int64_t micros(double seconds) {
  return std::llround(seconds * 1e6);
}

/// Takes lines off a text, each ended by exactly one line feed.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}
  bool done() const { return rest_.empty(); }
  std::optional<std::string_view> next() {
    const std::size_t end = rest_.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return line;
  }

 private:
  std::string_view rest_;
};

std::optional<std::int64_t> parse_count(std::string_view text) {
  const auto number = parse_number<std::int64_t>(text);
  return number && *number >= 0 ? number : std::nullopt;
}

/// "4.004000," → microseconds.
std::optional<std::int64_t> parse_duration(std::string_view text) {
  const std::size_t point = text.find('.');
  if (point == std::string_view::npos || text.size() != point + 8 || text.back() != ',') return std::nullopt;
  const auto whole = parse_count(text.substr(0, point));
  const auto part = parse_count(text.substr(point + 1, 6));
  if (!whole || !part || *whole > kMaxSegmentMicros / 1'000'000) return std::nullopt;
  return *whole * 1'000'000 + *part;
}

/// "<sha256>.<ext>" → the blob, and the extension.
Result<std::pair<BlobId, std::string_view>> parse_uri(std::string_view uri) {
  if (uri.size() < 66 || uri[64] != '.') return bad("A playlist names something that is not a blob.");
  const auto id = BlobId::parse(uri.substr(0, 64));
  if (!id) return bad("A playlist names something that is not a blob.");
  return std::pair(*id, uri.substr(65));
}

Result<PlaylistSegment> parse_segment(std::string_view duration_line, Lines& lines, std::string& extension) {
  const auto bytes_line = lines.next();
  const auto uri_line = lines.next();
  if (!duration_line.starts_with(kDurationTag) || !bytes_line || !bytes_line->starts_with(kBytesTag) || !uri_line)
    return bad("A segment in a playlist lacks its duration, size or name.");
  const auto duration = parse_duration(duration_line.substr(kDurationTag.size()));
  const auto bytes = parse_count(bytes_line->substr(kBytesTag.size()));
  if (!duration || *duration > kMaxSegmentMicros) return bad("A segment in a playlist has no sensible duration.");
  if (!bytes || *bytes > kMaxStoredBytes) return bad("A segment in a playlist has no sensible size.");
  SWARMA_TRY(const auto uri, parse_uri(*uri_line));
  if (extension.empty()) extension = std::string(uri.second);
  return PlaylistSegment{uri.first, static_cast<double>(*duration) / 1e6, *bytes};
}

Result<void> skip_head(Lines& lines) {
  for (int line = 0; line < 6; ++line)
    if (!lines.next()) return bad("The playlist ends too early.");
  return {};
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) out.push_back(c == '"' ? '\'' : static_cast<unsigned char>(c) < 0x20 ? ' ' : c);
  return out + '"';
}

/// What the renditions that play together with a video need at most.
struct Companions {
  std::int64_t peak = 0;
  std::int64_t average = 0;
  std::vector<std::string> codecs;
  bool audio = false;
  bool captions = false;
};

Companions companions_of(const std::vector<Track>& tracks) {
  Companions out;
  for (const Track& track : tracks) {
    if (track.kind == TrackKind::Captions) out.captions = true;
    if (track.kind != TrackKind::Audio) continue;
    out.audio = true;
    out.peak = std::max(out.peak, track.bandwidth);
    out.average = std::max(out.average, track.average_bandwidth);
    if (!track.codecs.empty() && std::find(out.codecs.begin(), out.codecs.end(), track.codecs) == out.codecs.end())
      out.codecs.push_back(track.codecs);
  }
  return out;
}

/// Every NAME within a group differs (RFC 8216 §4.3.4.1.1).
std::string distinct_name(const Track& track, std::set<std::string>& used) {
  const std::string base = !track.name.empty() ? track.name : !track.language.empty() ? track.language : "und";
  std::string name = base;
  for (int n = 2; !used.insert(name).second; ++n) name = fmt::format("{} {}", base, n);
  return name;
}

std::string language_attribute(const Track& track) {
  return track.language.empty() ? "" : ",LANGUAGE=" + quoted(track.language);
}

std::string_view yes_no(bool value) {
  return value ? "YES" : "NO";
}

/// RFC 8216bis §4.4.6.1, CHARACTERISTICS.
std::string characteristics(const TrackMarks& marks) {
  if (marks.hearing_impaired)
    return ",CHARACTERISTICS=\"public.accessibility.transcribes-spoken-dialog,"
           "public.accessibility.describes-music-and-sound\"";
  return marks.described ? ",CHARACTERISTICS=\"public.accessibility.describes-video\"" : "";
}

/// Renditions that a player may choose by itself must differ in language or in their marks.
class Choosable {
 public:
  bool add(const Track& track) {
    if (track.marks.commentary) return false;
    return seen_.emplace(track.language, characteristics(track.marks), track.marks.forced).second;
  }

 private:
  std::set<std::tuple<std::string, std::string, bool>> seen_;
};

void write_sound(const std::vector<Track>& tracks, const TrackUri& uri, std::string& out) {
  std::set<std::string> names;
  Choosable choosable;
  for (const Track* track : sound_in_order(tracks)) {
    const bool is_first = names.empty();
    const bool may_choose = choosable.add(*track) || is_first;
    out +=
        fmt::format("#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",NAME={}{},DEFAULT={},AUTOSELECT={}{}{},URI={}\n",
                    quoted(distinct_name(*track, names)), language_attribute(*track), yes_no(is_first),
                    yes_no(may_choose), characteristics(track->marks),
                    track->channels > 0 ? fmt::format(",CHANNELS=\"{}\"", track->channels) : "", quoted(uri(*track)));
  }
}

void write_captions(const std::vector<Track>& tracks, const TrackUri& uri, std::string& out) {
  std::set<std::string> names;
  Choosable choosable;
  bool default_due = true;
  for (const Track& track : tracks) {
    if (track.kind != TrackKind::Captions) continue;
    const bool is_default =
        std::exchange(default_due, default_due && !track.marks.is_default) && track.marks.is_default;
    const bool may_choose = choosable.add(track) || is_default;
    out += fmt::format(
        "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"captions\",NAME={}{},DEFAULT={},AUTOSELECT={},FORCED={}{},URI={}\n",
        quoted(distinct_name(track, names)), language_attribute(track), yes_no(is_default), yes_no(may_choose),
        yes_no(track.marks.forced), characteristics(track.marks), quoted(uri(track)));
  }
}

void write_variant(const Track& video, const Companions& with, const TrackUri& uri, std::string& out) {
  out += fmt::format("#EXT-X-STREAM-INF:BANDWIDTH={},AVERAGE-BANDWIDTH={}", video.bandwidth + with.peak,
                     video.average_bandwidth + with.average);
  std::string codecs = video.codecs;
  for (const std::string& codec : with.codecs) codecs += (codecs.empty() ? "" : ",") + codec;
  if (!codecs.empty()) out += ",CODECS=" + quoted(codecs);
  if (video.width > 0 && video.height > 0) out += fmt::format(",RESOLUTION={}x{}", video.width, video.height);
  if (video.frame_rate > 0) out += fmt::format(",FRAME-RATE={:.3f}", video.frame_rate);
  if (with.audio) out += ",AUDIO=\"audio\"";
  if (with.captions) out += ",SUBTITLES=\"captions\"";
  out += "\n" + uri(video) + "\n";
}

/// The URI="…" of an EXT-X-MEDIA line. Quoted texts hold no quotation mark, so attributes can be told apart.
std::optional<std::string_view> find_uri(std::string_view attributes) {
  bool in_quotes = false;
  for (std::size_t at = 0; at < attributes.size(); ++at) {
    if (attributes[at] == '"') in_quotes = !in_quotes;
    if (in_quotes || !attributes.substr(at).starts_with(",URI=\"")) continue;
    const std::size_t begin = at + 6;
    const std::size_t end = attributes.find('"', begin);
    if (end == std::string_view::npos) return std::nullopt;
    return attributes.substr(begin, end - begin);
  }
  return std::nullopt;
}

}  // namespace

std::vector<const Track*> sound_in_order(const std::vector<Track>& tracks) {
  std::vector<const Track*> sound;
  for (const Track& track : tracks)
    if (track.kind == TrackKind::Audio) sound.push_back(&track);
  const auto marked = std::find_if(sound.begin(), sound.end(), [](auto* track) { return track->marks.is_default; });
  const auto rank = [&](const Track* track) -> std::ptrdiff_t {
    if (marked != sound.end() && (*marked)->language == track->language) return -1;
    return std::find_if(sound.begin(), sound.end(), [&](auto* other) { return other->language == track->language; }) -
           sound.begin();
  };
  const auto key = [&](const Track* track) {
    const bool is_default = marked != sound.end() && *marked == track;
    return std::tuple(!is_default, rank(track), track->marks.commentary || track->marks.described, track->channels);
  };
  std::multimap<std::tuple<bool, std::ptrdiff_t, bool, int>, const Track*> ordered;  // equal keys keep their order
  for (const Track* track : sound) ordered.emplace(key(track), track);
  std::transform(ordered.begin(), ordered.end(), sound.begin(), [](const auto& entry) { return entry.second; });
  return sound;
}

std::string write_media_playlist(const MediaPlaylist& playlist, const std::string& init_uri, const SegmentUri& uri) {
  std::int64_t longest = 1'000'000;
  for (const auto& segment : playlist.segments) longest = std::max(longest, micros(segment.seconds));
  std::string out = fmt::format(
      "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:{}\n#EXT-X-MEDIA-SEQUENCE:0\n"
      "#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-INDEPENDENT-SEGMENTS\n",
      (longest + 500'000) / 1'000'000);
  out.reserve(out.size() + 128 * (playlist.segments.size() + 2));
  if (playlist.init) out.append(kInitTag).append(init_uri).append("\"\n");
  for (std::size_t i = 0; i < playlist.segments.size(); ++i) {
    const PlaylistSegment& segment = playlist.segments[i];
    const std::int64_t duration = micros(segment.seconds);
    fmt::format_to(std::back_inserter(out), "{}{}.{:06},\n{}{}\n{}\n", kDurationTag, duration / 1'000'000,
                   duration % 1'000'000, kBytesTag, segment.stored_bytes, uri(i));
  }
  return out += "#EXT-X-ENDLIST\n";
}

std::string write_media_playlist(const MediaPlaylist& playlist) {
  return write_media_playlist(
      playlist, playlist.init ? playlist.init->hex() + ".mp4" : std::string(),
      [&](std::size_t i) { return playlist.segments[i].blob.hex() + "." + playlist.extension; });
}

Result<MediaPlaylist> parse_media_playlist(std::string_view text) {
  if (text.size() > kMaxPlaylistBytes) return bad("The playlist is too long.");
  Lines lines(text);
  SWARMA_RETURN_IF_ERROR(skip_head(lines));
  MediaPlaylist playlist;
  auto line = lines.next();
  if (line && line->starts_with(kInitTag) && line->ends_with('"')) {
    SWARMA_TRY(const auto init, parse_uri(line->substr(kInitTag.size(), line->size() - kInitTag.size() - 1)));
    playlist.init = init.first;
    line = lines.next();
  }
  for (; line && *line != "#EXT-X-ENDLIST"; line = lines.next()) {
    if (playlist.segments.size() >= crypto::kMaxSlots) return bad("The playlist has too many segments.");
    SWARMA_TRY(auto segment, parse_segment(*line, lines, playlist.extension));
    playlist.segments.push_back(std::move(segment));
  }
  if (playlist.segments.empty()) return bad("The playlist has no segments.");
  if (std::find(std::begin(kExtensions), std::end(kExtensions), playlist.extension) == std::end(kExtensions))
    return bad("The playlist names segments of an unknown kind.");
  // What was read is everything there is: the text is exactly what we would write.
  if (write_media_playlist(playlist) != text) return bad("The playlist is not in the form that Swarma writes.");
  return playlist;
}

std::string write_multivariant_playlist(const std::vector<Track>& tracks, const TrackUri& uri) {
  std::string out = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n";
  write_sound(tracks, uri, out);
  write_captions(tracks, uri, out);
  const Companions companions = companions_of(tracks);
  for (const Track& track : tracks)
    if (track.kind == TrackKind::Video) write_variant(track, companions, uri, out);
  return out;
}

std::string write_multivariant_playlist(const std::vector<Track>& tracks) {
  return write_multivariant_playlist(tracks, [](const Track& track) { return track.playlist.hex() + ".m3u8"; });
}

Result<std::vector<BlobId>> parse_multivariant_playlist(std::string_view text) {
  if (text.size() > kMaxPlaylistBytes) return bad("The playlist is too long.");
  Lines lines(text);
  if (lines.next() != "#EXTM3U" || lines.next() != "#EXT-X-VERSION:7" || lines.next() != "#EXT-X-INDEPENDENT-SEGMENTS")
    return bad("This is not a multivariant playlist.");
  std::vector<BlobId> out;
  std::set<BlobId> seen;
  while (!lines.done()) {
    const auto line = lines.next();
    if (!line) return bad("The playlist ends in the middle of a line.");
    std::optional<std::string_view> name;
    if (line->starts_with("#EXT-X-MEDIA:")) name = find_uri(*line);
    if (line->starts_with("#EXT-X-STREAM-INF:")) name = lines.next();
    if (!name) return bad("The playlist has a line that Swarma does not write.");
    SWARMA_TRY(const auto uri, parse_uri(*name));
    if (uri.second != "m3u8") return bad("The playlist names something that is not a playlist.");
    if (seen.insert(uri.first).second) out.push_back(uri.first);
    if (out.size() > kMaxTracks) return bad("The playlist names too many tracks.");
  }
  if (out.empty()) return bad("The playlist names no tracks.");
  return out;
}

}  // namespace swarma::title
