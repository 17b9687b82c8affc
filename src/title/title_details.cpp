#include "title/title_details.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "title/checks.h"

namespace swarma::title {
namespace {

constexpr std::size_t kMaxNotes = 1'000;
constexpr std::size_t kMaxNoteBytes = 1'000;
constexpr std::size_t kMaxCodecsBytes = 128;
constexpr std::int64_t kMaxSide = 16'384;
constexpr std::int64_t kMaxChapterMs = std::int64_t{24} * 3'600'000;
constexpr std::int64_t kMaxBandwidth = 10'000'000'000;
constexpr std::int64_t kMaxTrackBytes = std::int64_t{1} << 50;

constexpr std::pair<TrackKind, std::string_view> kKinds[] = {{TrackKind::Video, "video"},
                                                             {TrackKind::Audio, "audio"},
                                                             {TrackKind::Captions, "captions"},
                                                             {TrackKind::Storyboard, "storyboard"}};

std::unexpected<Error> bad(std::string message) {
  return fail(ErrorCode::Corrupt, "details_bad", std::move(message));
}

/// Roles by the names of DASH (ISO/IEC 23009-1, 5.8.5.5).
constexpr std::pair<bool TrackMarks::*, std::string_view> kRoles[] = {{&TrackMarks::forced, "forced-subtitle"},
                                                                      {&TrackMarks::hearing_impaired, "caption"},
                                                                      {&TrackMarks::commentary, "commentary"},
                                                                      {&TrackMarks::described, "description"}};
constexpr std::size_t kMaxRoles = 16, kMaxRoleBytes = 32;

/// Written only where there is something to say: details without marks stay as they always were.
void add_marks(const TrackMarks& marks, Json& json) {
  if (marks.is_default) json["default"] = true;
  for (const auto& [mark, role] : kRoles)
    if (marks.*mark) json["roles"].push_back(role);
}

/// Roles of a later version are passed over.
Result<TrackMarks> read_marks(const JsonReader& reader) {
  TrackMarks marks;
  SWARMA_TRY(marks.is_default, reader.boolean_or("default", false));
  if (!reader.has("roles")) return marks;
  SWARMA_TRY(const Json* roles, reader.array("roles", kMaxRoles));
  for (const Json& role : *roles) {
    if (!role.is_string() || !is_slug(role.get_ref<const std::string&>(), kMaxRoleBytes))
      return bad("A track has a role that is not a short word.");
    for (const auto& [mark, name] : kRoles)
      if (role.get_ref<const std::string&>() == name) marks.*mark = true;
  }
  return marks;
}

Json track_json(const Track& track) {
  Json json = {{"id", track.id},
               {"kind", to_string(track.kind)},
               {"key_group", track.key_group},
               {"playlist", track.playlist.hex()},
               {"name", track.name},
               {"language", track.language},
               {"codecs", track.codecs},
               {"width", track.width},
               {"height", track.height},
               {"frame_rate", track.frame_rate},
               {"channels", track.channels},
               {"bandwidth", track.bandwidth},
               {"average_bandwidth", track.average_bandwidth},
               {"copied", track.copied},
               {"bytes", track.bytes}};
  add_marks(track.marks, json);
  return json;
}

bool is_codecs(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == ',' ||
           c == '-';
  });
}

Result<Track> read_track(const Json& object) {
  const JsonReader reader(object, "track");
  SWARMA_RETURN_IF_ERROR(reader.expect_object());
  SWARMA_TRY(const std::string playlist, reader.text("playlist", 64));
  SWARMA_TRY(const BlobId playlist_id, BlobId::parse(playlist));
  SWARMA_TRY(const std::string kind, reader.text("kind", 16));
  const auto known =
      std::find_if(std::begin(kKinds), std::end(kKinds), [&](const auto& k) { return k.second == kind; });
  if (known == std::end(kKinds)) return bad("A track has an unknown kind.");
  Track track{.id = {},
              .kind = known->first,
              .key_group = {},
              .playlist = playlist_id,
              .name = {},
              .language = {},
              .codecs = {}};
  SWARMA_TRY(track.id, reader.text("id", kMaxTrackIdBytes));
  SWARMA_TRY(track.key_group, reader.text("key_group", 32));
  SWARMA_TRY(track.name, reader.text("name", kMaxNameBytes));
  SWARMA_TRY(track.language, reader.text("language", kMaxLanguageBytes));
  SWARMA_TRY(track.codecs, reader.text("codecs", kMaxCodecsBytes));
  SWARMA_TRY(const auto width, reader.integer("width", 0, kMaxSide));
  SWARMA_TRY(const auto height, reader.integer("height", 0, kMaxSide));
  SWARMA_TRY(track.frame_rate, reader.number("frame_rate", 0, 1'000));
  SWARMA_TRY(const auto channels, reader.integer("channels", 0, 64));
  SWARMA_TRY(track.bandwidth, reader.integer("bandwidth", 0, kMaxBandwidth));
  SWARMA_TRY(track.average_bandwidth, reader.integer("average_bandwidth", 0, kMaxBandwidth));
  SWARMA_TRY(track.copied, reader.boolean_or("copied", false));
  SWARMA_TRY(track.bytes, reader.integer("bytes", 0, kMaxTrackBytes));
  SWARMA_TRY(track.marks, read_marks(reader));
  track.width = static_cast<int>(width);
  track.height = static_cast<int>(height);
  track.channels = static_cast<int>(channels);
  if (!is_slug(track.id, kMaxTrackIdBytes) || !is_slug(track.key_group, 32) || !is_language(track.language) ||
      !is_clean_text(track.name, Lines::One) || !is_codecs(track.codecs))
    return bad("A track has an id, group, name, language or codec text that is not allowed.");
  return track;
}

Result<void> read_chapters(const JsonReader& reader, TitleDetails& details) {
  if (!reader.has("chapters")) return {};
  SWARMA_TRY(const Json* chapters, reader.array("chapters", kMaxChapters));
  for (const Json& item : *chapters) {
    const JsonReader chapter(item, "chapter");
    SWARMA_RETURN_IF_ERROR(chapter.expect_object());
    SWARMA_TRY(const std::int64_t start_ms, chapter.integer("start_ms", 0, kMaxChapterMs));
    SWARMA_TRY(std::string name, chapter.text("name", kMaxNameBytes));
    if (!is_clean_text(name, Lines::One)) return bad("The name of a chapter is not plain text.");
    if (!details.chapters.empty() && start_ms <= details.chapters.back().start_ms)
      return bad("The chapters are not in the order of the film.");
    details.chapters.push_back({start_ms, std::move(name)});
  }
  return {};
}

Result<TitleDetails> read_details(const Json& object) {
  const JsonReader reader(object, "title details");
  SWARMA_RETURN_IF_ERROR(reader.expect_object());
  TitleDetails details;
  SWARMA_TRY(const Json* tracks, reader.array("tracks", kMaxTracks));
  std::set<std::string> ids;
  for (const Json& item : *tracks) {
    SWARMA_TRY(auto track, read_track(item));
    if (!ids.insert(track.id).second) return bad("Two tracks have the same id.");
    details.tracks.push_back(std::move(track));
  }
  SWARMA_TRY(const Json* texts, reader.object("texts"));
  SWARMA_TRY(details.texts, read_local_texts(*texts));
  SWARMA_RETURN_IF_ERROR(read_chapters(reader, details));
  SWARMA_TRY(const Json* notes, reader.array("notes", kMaxNotes));
  for (const Json& note : *notes) {
    if (!note.is_string() || note.get_ref<const std::string&>().size() > kMaxNoteBytes ||
        !is_clean_text(note.get_ref<const std::string&>(), Lines::One))
      return bad("A note in the details is not a short plain text.");
    details.notes.push_back(note.get<std::string>());
  }
  return details;
}

}  // namespace

std::string_view to_string(TrackKind kind) {
  return std::find_if(std::begin(kKinds), std::end(kKinds), [&](const auto& k) { return k.first == kind; })->second;
}

Result<std::string> write_details(const TitleDetails& details) {
  Json json = {{"tracks", Json::array()}, {"texts", local_texts_json(details.texts)}, {"notes", details.notes}};
  for (const Track& track : details.tracks) json["tracks"].push_back(track_json(track));
  for (const Chapter& chapter : details.chapters)
    json["chapters"].push_back({{"start_ms", chapter.start_ms}, {"name", chapter.name}});
  SWARMA_TRY(std::string out, canonical_json(json));
  // Nothing is published that a viewer would refuse.
  if (auto readable = parse_details(out); !readable) {
    if (readable.error().code == ErrorCode::TooLarge) return std::unexpected(std::move(readable).error());
    return fail(ErrorCode::BadRequest, "details_invalid", readable.error().message);
  }
  return out;
}

Result<TitleDetails> parse_details(std::string_view json) {
  if (json.size() > kMaxDetailsBytes)
    return fail(ErrorCode::TooLarge, "details_too_large",
                "Title details have at most " + std::to_string(kMaxDetailsBytes) + " bytes.");
  const auto value = parse_json(json);
  if (!value) return bad(value.error().message);
  auto details = read_details(*value);
  if (!details) return bad(details.error().message);
  return details;
}

}  // namespace swarma::title
