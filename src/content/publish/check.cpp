#include "content/publish/check.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "content/media/package.h"
#include "content/media/probe.h"

namespace swarma::content::publish {
namespace {

constexpr std::string_view kNotYet[] = {"not_media", "still_image", "no_video", "cannot_decode", "file_truncated"};

/// What the end of a file may still put right.
bool may_change(const Error& error) {
  return std::find(std::begin(kNotYet), std::end(kNotYet), error.reason) != std::end(kNotYet);
}

bool needs_decoding(const media::PackagePlan& plan) {
  return std::any_of(plan.tracks.begin(), plan.tracks.end(), [](const media::TrackPlan& t) {
    return t.kind == title::TrackKind::Storyboard || (t.kind == title::TrackKind::Video && !t.copy);
  });
}

std::string_view name_of(media::DynamicRange range) {
  switch (range) {
    case media::DynamicRange::Standard:
      return "sdr";
    case media::DynamicRange::Pq:
      return "pq";
    case media::DynamicRange::Hlg:
      return "hlg";
  }
  return "sdr";
}

Json film_json(const media::MediaInfo& info) {
  const media::VideoStream& v = info.video;
  Json sound = Json::array(), captions = Json::array(), chapters = Json::array();
  for (const media::AudioStream& a : info.audio)
    sound.push_back({{"codec", a.codec},
                     {"language", a.language},
                     {"title", a.title},
                     {"channels", a.channels},
                     {"sample_rate", a.sample_rate}});
  for (const media::CaptionStream& c : info.captions)
    captions.push_back({{"codec", c.codec}, {"language", c.language}, {"title", c.title}});
  for (const title::Chapter& c : info.chapters) chapters.push_back({{"start_ms", c.start_ms}, {"name", c.name}});
  return {{"container", info.container},
          {"duration_ms", info.duration_ms},
          {"bytes", info.file_bytes},
          {"video",
           {{"codec", v.codec},
            {"width", v.width},
            {"height", v.height},
            {"rotation", v.orientation.rotation},
            {"mirrored", v.orientation.mirrored},
            {"dynamic_range", name_of(v.dynamic_range)},
            {"frame_rate", v.frame_rate},
            {"variable_frame_rate", v.variable_frame_rate},
            {"interlaced", v.interlaced},
            {"bit_rate", v.bit_rate},
            {"why_not_copy", v.why_not_copy}}},
          {"audio", std::move(sound)},
          {"captions", std::move(captions)},
          {"chapters", std::move(chapters)}};
}

Json plan_json(const media::PackagePlan& plan) {
  Json renditions = Json::array(), tracks = Json::array();
  for (const media::TrackPlan& t : plan.tracks) {
    if (t.kind == title::TrackKind::Video)
      renditions.push_back({{"name", t.name}, {"width", t.width}, {"height", t.height}, {"copied", t.copy}});
    else
      tracks.push_back({{"kind", std::string(title::to_string(t.kind))},
                        {"name", t.name},
                        {"language", t.language},
                        {"channels", t.channels},
                        {"copied", t.copy}});
  }
  return {{"slots", plan.slots()}, {"renditions", std::move(renditions)}, {"tracks", std::move(tracks)}};
}

}  // namespace

Result<FilmCheck> check_film(const CheckRequest& request) {
  FilmCheck check;
  check.so_far = request.so_far;
  const auto refuse = [&check](const Error& error) { check.refusals.push_back(error); };
  auto film = media::Film::open(request.file);
  Result<media::MediaInfo> info =
      film ? media::probe(*film, {.so_far = request.so_far}) : std::unexpected(film.error());
  if (film) check.film = *std::move(film);
  if (!info && request.so_far && may_change(info.error()))
    return fail(ErrorCode::Conflict, "upload_incomplete",
                "What has arrived of the film does not tell what it is yet. Ask again when more of it is here.");
  std::vector<media::SidecarCaptions> captions = request.captions;
  std::vector<std::string> caption_notes;
  const auto settled = media::settle_sidecars(captions, caption_notes);
  if (info) {
    check.info = *std::move(info);
    check.info.notes.insert(check.info.notes.end(), caption_notes.begin(), caption_notes.end());
    if (auto plan = media::make_plan(check.info, request.ladder, captions))
      check.plan = *std::move(plan);
    else
      refuse(plan.error());
    if (request.try_decoding)
      if (const auto picture = media::make_poster(*check.film, check.info); !picture) {
        if (needs_decoding(check.plan)) refuse(picture.error());
        check.info.notes.push_back("There is no poster: " + picture.error().message);
      }
  } else {
    refuse(info.error());
  }
  if (!settled) refuse(settled.error());
  if (!request.poster.empty()) {
    if (auto poster = media::make_poster_of_picture(request.poster))
      check.poster = *std::move(poster);
    else
      refuse(poster.error());
  }
  return check;
}

Json check_json(const FilmCheck& check) {
  Json refusals = Json::array();
  for (const Error& error : check.refusals) refusals.push_back({{"reason", error.reason}, {"detail", error.message}});
  Json out = {{"can_be_published", check.can_be_published()},
              {"so_far", check.so_far},
              {"notes", check.info.notes},
              {"refusals", std::move(refusals)}};
  if (check.info.video.stream_index >= 0) out["film"] = film_json(check.info);
  if (!check.plan.tracks.empty()) out["plan"] = plan_json(check.plan);
  return out;
}

}  // namespace swarma::content::publish
