#include "content/watch/export_mp4.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <set>
#include <tuple>

#include "content/media/captions.h"
#include "content/media/remux.h"
#include "title/hls_playlist.h"

namespace swarma::content::watch {
namespace {

constexpr unsigned kFetchThreads = 6;

/// The granted part of a film: opens slot after slot for the groups in use, and remembers where and why it ends.
class Gate {
 public:
  Gate(ViewerKeys& keys, std::set<std::string> groups, SlotRange range)
      : keys_(keys), groups_(std::move(groups)), end_(range.end) {
    opened_ = range.begin;
  }

  Result<bool> open(Slot slot) {
    for (; opened_ <= slot && opened_ < end_; ++opened_) {
      for (const std::string& group : groups_) {
        const auto ready = keys_.ensure(group, opened_);
        if (ready) continue;
        if (!is_end_of_grant(ready.error())) return std::unexpected(ready.error());
        end_ = opened_;
        why_ = ready.error().message;
        return slot < end_;
      }
    }
    return slot < end_;
  }
  Slot end() const { return end_; }
  const std::string& why() const { return why_; }

 private:
  ViewerKeys& keys_;
  std::set<std::string> groups_;
  Slot opened_;  // all before it are open
  Slot end_;
  std::string why_;
};

/// The first slot of `range` that any video opens; asks for a grant at the beginning only.
Result<Slot> find_begin(const TitleView& view, ViewerKeys& keys, const Quality& quality, SlotRange range) {
  const auto chosen = choose_video(view, keys, quality, range.begin);
  if (chosen) return range.begin;
  if (!is_end_of_grant(chosen.error())) return std::unexpected(chosen.error());
  for (Slot slot = range.begin; slot < range.end; ++slot)
    for (std::size_t video : videos_of(view))
      if (keys.covers(view.details.tracks[video].key_group, slot)) return slot;
  return std::unexpected(chosen.error());
}

/// One export under way.
struct Export {
  SegmentReader& reader;
  Gate& gate;
  WorkerPool& pool;
  SlotRange range;

  const title::Track& about(std::size_t track) const { return reader.view().details.tracks[track]; }
  ReadAhead::Gate opener() const {
    return [gate = &gate](Slot slot) { return gate->open(slot); };
  }
};

media::RemuxTrack remux_of(const Export& job, std::size_t track) {
  const title::Track& about = job.about(track);
  return {
      .kind = about.kind, .language = about.language, .name = about.name, .marks = about.marks, .next = {}, .cues = {}};
}

/// Video and sound are read while the file is written.
media::RemuxTrack stream_track(const Export& job, std::size_t track) {
  media::RemuxTrack out = remux_of(job, track);
  const auto segments = std::make_shared<ReadAhead>(job.reader, job.pool, track, job.range, job.opener());
  out.next = [reader = &job.reader, track, segments, init_due = true]() mutable -> Result<Bytes> {
    if (!init_due) return segments->next();
    init_due = false;
    return reader->read_init(track);
  };
  return out;
}

/// Film time at which a slot begins; the end of the film after the last, where sound may outlast the picture.
std::int64_t begin_ms(const TitleView& view, Slot slot) {
  if (slot == view.record.slots) return view.record.duration_ms;
  return std::llround(view.seconds_before(slot) * 1000);
}

/// A cue that spans segments is in each of them: kept once, and no longer than what is written.
Result<media::RemuxTrack> caption_track(const Export& job, std::size_t track) {
  media::RemuxTrack out = remux_of(job, track);
  ReadAhead segments(job.reader, job.pool, track, job.range, job.opener());
  std::set<std::tuple<std::int64_t, std::int64_t, std::string>> seen;
  while (true) {
    SWARMA_TRY(const Bytes segment, segments.next());
    if (segment.empty()) break;
    SWARMA_TRY(auto cues, media::parse_captions(segment));
    for (media::Cue& cue : cues)
      if (seen.emplace(cue.start_ms, cue.end_ms, cue.text).second) out.cues.push_back(std::move(cue));
  }
  const std::int64_t begin = begin_ms(job.reader.view(), job.range.begin),
                     end = begin_ms(job.reader.view(), segments.position());
  for (media::Cue& cue : out.cues) {
    cue.start_ms = std::max(cue.start_ms, begin);
    cue.end_ms = std::min(cue.end_ms, end);
  }
  std::erase_if(out.cues, [](const media::Cue& cue) { return cue.start_ms >= cue.end_ms; });
  return out;
}

/// Sound and captions whose keys open where the film begins; the names of the others go into `left_out`.
Result<std::vector<std::size_t>> companions_of(SegmentReader& reader, Slot begin, std::vector<std::string>& left_out) {
  std::vector<std::size_t> out;
  const auto& tracks = reader.view().details.tracks;
  for (std::size_t i = 0; i < tracks.size(); ++i) {
    if (tracks[i].kind != title::TrackKind::Audio && tracks[i].kind != title::TrackKind::Captions) continue;
    const auto ready = reader.keys().ensure(tracks[i].key_group, begin);
    if (!ready && !is_end_of_grant(ready.error())) return std::unexpected(ready.error());
    if (ready)
      out.push_back(i);
    else
      left_out.push_back(tracks[i].name);
  }
  return out;
}

/// Those that a part of the film shows.
media::RemuxChapters chapters_of(const TitleView& view, SlotRange range) {
  media::RemuxChapters out{.chapters = view.details.chapters, .end_ms = begin_ms(view, range.end)};
  const std::int64_t begin = begin_ms(view, range.begin);
  std::erase_if(out.chapters, [&](const title::Chapter& chapter) { return chapter.start_ms >= out.end_ms; });
  while (out.chapters.size() > 1 && out.chapters[1].start_ms <= begin) out.chapters.erase(out.chapters.begin());
  if (!out.chapters.empty()) out.chapters.front().start_ms = std::max(out.chapters.front().start_ms, begin);
  return out;
}

/// The sound that plays by itself, as in the playlist; the id of its track.
std::string default_sound(const TitleView& view, const std::vector<std::size_t>& companions) {
  std::vector<title::Track> open;
  for (std::size_t track : companions) open.push_back(view.details.tracks[track]);
  const auto sound = title::sound_in_order(open);
  return sound.empty() ? "" : sound.front()->id;
}

std::string clock_text(double seconds) {
  const long whole = std::lround(seconds);
  const auto two = [](long n) { return (n < 10 ? "0" : "") + std::to_string(n); };
  return std::to_string(whole / 3600) + ":" + two(whole / 60 % 60) + ":" + two(whole % 60);
}

std::string note_of(const TitleView& view, SlotRange written, const std::string& why,
                    const std::vector<std::string>& left_out) {
  std::string note;
  if (written.size() < view.record.slots)
    note = "Only " + clock_text(view.seconds_before(written.begin)) + " to " +
           clock_text(view.seconds_before(written.end)) + " of " + clock_text(view.seconds_before(view.record.slots)) +
           " was written: there your unlock ends." + (why.empty() ? "" : " " + why);
  for (const std::string& name : left_out)
    note += (note.empty() ? "" : " ") + ("The track \"" + name + "\" is not part of your unlock.");
  return note;
}

SlotRange whole_if_empty(const TitleView& view, SlotRange range) {
  if (range.empty()) return {0, view.record.slots};
  return {std::min(range.begin, view.record.slots), std::min(range.end, view.record.slots)};
}

}  // namespace

Result<ExportResult> export_mp4(SegmentReader& reader, const ExportOptions& options,
                                const std::function<void(double, double)>& progress) {
  const TitleView& view = reader.view();
  SlotRange range = whole_if_empty(view, options.range);
  SWARMA_TRY(range.begin, find_begin(view, reader.keys(), options.quality, range));
  SWARMA_TRY(const std::size_t video, choose_video(view, reader.keys(), options.quality, range.begin));
  std::vector<std::string> left_out;
  SWARMA_TRY(const auto companions, companions_of(reader, range.begin, left_out));

  std::set<std::string> groups{view.details.tracks[video].key_group};
  for (std::size_t track : companions) groups.insert(view.details.tracks[track].key_group);
  Gate gate(reader.keys(), groups, range);
  WorkerPool pool(kFetchThreads);
  const Export job{reader, gate, pool, range};
  std::vector<media::RemuxTrack> tracks;
  const std::string plays = default_sound(view, companions);
  tracks.push_back(stream_track(job, video));
  for (std::size_t track : companions) {
    if (view.details.tracks[track].kind == title::TrackKind::Audio) {
      tracks.push_back(stream_track(job, track));
      tracks.back().marks.is_default = view.details.tracks[track].id == plays;
    } else {
      SWARMA_TRY(auto captions, caption_track(job, track));
      tracks.push_back(std::move(captions));
    }
  }
  const double start = view.seconds_before(range.begin), total = view.seconds_before(range.end) - start;
  const auto report = [&](double film_seconds) {
    if (progress) progress(std::clamp(film_seconds - start, 0.0, total), total);
  };
  SWARMA_RETURN_IF_ERROR(media::remux_to_mp4(std::move(tracks), options.output, report, chapters_of(view, range)));
  const SlotRange written{range.begin, gate.end()};
  return ExportResult{.slots = written,
                      .complete = written.size() == view.record.slots && left_out.empty(),
                      .duration_ms = begin_ms(view, written.end) - begin_ms(view, written.begin),
                      .video = view.details.tracks[video].name,
                      .note = note_of(view, written, gate.why(), left_out)};
}

}  // namespace swarma::content::watch
