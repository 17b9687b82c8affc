#include "content/media/package.h"

#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <thread>

#include "base/stopwatch.h"
#include "content/media/caption_tracks.h"
#include "content/media/copy_tracks.h"
#include "content/media/decode_video.h"
#include "content/media/demuxer.h"
#include "content/media/encode_audio.h"
#include "content/media/encode_video.h"
#include "content/media/storyboard.h"

namespace swarma::content::media {
namespace {

using title::TrackKind;

constexpr std::size_t kPacketsQueued = 64;
constexpr std::size_t kPicturesQueued = 3;  // a raw 4K picture is 12 MB
constexpr auto kProgressEvery = std::chrono::milliseconds(100);

// Segments are large buffers that come and go; giving each back to the system costs more than muxing it.
void keep_large_buffers() {
  static const bool once = [] {
    mallopt(M_MMAP_THRESHOLD, 64 << 20);
    mallopt(M_TRIM_THRESHOLD, 128 << 20);
    mallopt(M_MXFAST, 0);  // freeing a packet would sort all small blocks that wait there
    return true;
  }();
  (void)once;
}

// An object and the thread it lives on; the thread goes first.
template <class Object, class Item>
struct Worker {
  std::unique_ptr<Object> object;
  std::unique_ptr<Stage<Item>> stage;

  Worker(PackageRun& run, std::size_t capacity, std::unique_ptr<Object> made)
      : object(std::move(made)),
        stage(std::make_unique<Stage<Item>>(
            run, capacity, [o = object.get()](Item item) { return o->take(std::move(item)); },
            [o = object.get()] { return o->end(); })) {}
};

class Packager {
 public:
  Packager(Demuxer source, PackageRun& run, const std::set<std::size_t>& finished, const ProgressFn& progress)
      : source_(std::move(source)),
        run_(run),
        finished_(finished),
        progress_(progress),
        routes_(source_.context()->nb_streams) {}

  Result<void> run() {
    if (auto r = work(); !r) run_.fail(std::move(r).error());
    finish_all();
    while (!run_.wait_for_stages(kProgressEvery)) {
      if (run_.cancelled()) run_.fail(cancelled().error());
      report();
    }
    report(true);
    return run_.result();
  }

 private:
  using Packets = Stage<ff::Packet>;
  using Take = std::function<Result<void>(ff::Packet)>;
  struct EncodedVideo {
    std::size_t track;
    std::unique_ptr<Worker<EncodeVideo, Picture>> worker;
  };

  static std::unexpected<Error> cancelled() {
    return fail(ErrorCode::Unavailable, "cancelled", "The work was cancelled.");
  }
  bool wanted(std::size_t track) const { return !finished_.contains(track); }
  const TrackPlan& plan(std::size_t track) const { return run_.plan.tracks[track]; }
  const AVStream& stream_of(std::size_t track) const { return *source_.stream(plan(track).source_stream); }

  Result<void> work() {
    SWARMA_RETURN_IF_ERROR(write_sidecars());
    SWARMA_RETURN_IF_ERROR(start_stages());
    for (int i = 0; i < static_cast<int>(source_.context()->nb_streams); ++i)
      source_.stream(i)->discard = is_read(i) ? AVDISCARD_NONE : AVDISCARD_ALL;
    SWARMA_RETURN_IF_ERROR(read_all());
    finish_all();
    if (run_.stopped()) return {};
    for (auto& copy : copied_videos_) SWARMA_RETURN_IF_ERROR(copy->end());
    for (auto& copy : copied_audios_) SWARMA_RETURN_IF_ERROR(copy->end());
    for (auto& [stream, tracks] : captions_)
      for (CaptionTrack& track : tracks) SWARMA_RETURN_IF_ERROR(track.end());
    return {};
  }

  bool is_read(int stream) const {
    return !routes_[static_cast<std::size_t>(stream)].empty() || captions_.contains(stream) ||
           (keyframe_board_ && stream == run_.info.video.stream_index);
  }

  // First, so that a bad caption file is told at once and not after an hour of encoding.
  Result<void> write_sidecars() {
    for (std::size_t i = 0; i < run_.plan.tracks.size(); ++i) {
      if (plan(i).kind != TrackKind::Captions || !wanted(i)) continue;
      if (plan(i).source_stream >= 0)
        captions_[plan(i).source_stream].emplace_back(run_, i);
      else
        SWARMA_RETURN_IF_ERROR(CaptionTrack(run_, i).end());
    }
    return {};
  }

  // Copying a packet is less work than handing it to another thread, so it happens where it is read.
  template <class Copy>
  void add_copy(std::size_t track, std::vector<std::unique_ptr<Copy>>& into) {
    const AVStream& stream = stream_of(track);
    into.push_back(std::make_unique<Copy>(run_, track, stream));
    route(stream.index, [copy = into.back().get()](ff::Packet packet) { return copy->take(std::move(packet)); });
  }

  void add_stage(int stream, Packets& stage) {
    packet_stages_.push_back(&stage);
    route(stream, [&stage](ff::Packet packet) -> Result<void> {
      stage.push(std::move(packet));
      return {};
    });
  }

  void route(int stream, Take take) { routes_[static_cast<std::size_t>(stream)].push_back(std::move(take)); }

  Result<void> start_stages() {
    std::vector<std::size_t> encoded;
    std::size_t board = run_.plan.tracks.size();
    for (std::size_t i = 0; i < run_.plan.tracks.size(); ++i) {
      if (!wanted(i)) continue;
      const TrackPlan& t = plan(i);
      if (t.kind == TrackKind::Video && t.copy) add_copy(i, copied_videos_);
      if (t.kind == TrackKind::Audio && t.copy) add_copy(i, copied_audios_);
      if (t.kind == TrackKind::Audio && !t.copy) {
        encoded_audios_.push_back(std::make_unique<Worker<EncodeAudio, ff::Packet>>(
            run_, kPacketsQueued, std::make_unique<EncodeAudio>(run_, i, stream_of(i))));
        add_stage(t.source_stream, *encoded_audios_.back()->stage);
      }
      if (t.kind == TrackKind::Video && !t.copy) encoded.push_back(i);
      if (t.kind == TrackKind::Storyboard) board = i;
    }
    if (!encoded.empty()) return start_decode(encoded, board);
    if (board < run_.plan.tracks.size()) {
      keyframe_board_ = std::make_unique<Worker<KeyframeStoryboard, ff::Packet>>(
          run_, kPacketsQueued, std::make_unique<KeyframeStoryboard>(run_, board, stream_of(board)));
    }
    return {};
  }

  // The share of the machine's cores that fits a rendition's share of the pixels: more threads only cost more.
  int threads_for(std::size_t track, const std::vector<std::size_t>& all) const {
    double cores = std::max(1U, std::thread::hardware_concurrency()), pixels = 0;
    auto area = [&](std::size_t i) { return static_cast<double>(plan(i).width) * plan(i).height; };
    for (std::size_t i : all) pixels += area(i);
    return std::max(1, static_cast<int>(std::ceil(cores * area(track) / pixels)));
  }

  Result<void> start_decode(std::vector<std::size_t> encoded, std::size_t board) {
    std::sort(encoded.begin(), encoded.end(),
              [&](std::size_t a, std::size_t b) { return plan(a).width > plan(b).width; });
    const AVStream& stream = stream_of(encoded.front());
    std::vector<DecodeVideo::Output> outputs;
    for (std::size_t i : encoded) {
      auto encoder = std::make_unique<EncodeVideo>(run_, i, stream.time_base, threads_for(i, encoded));
      encoded_videos_.push_back(
          {i, std::make_unique<Worker<EncodeVideo, Picture>>(run_, kPicturesQueued, std::move(encoder))});
      outputs.push_back(
          {plan(i).width, plan(i).height,
           [stage = encoded_videos_.back().worker->stage.get()](const AVFrame& frame, bool cut, Slot) -> Result<void> {
             stage->push({ff::share(frame), cut});
             return {};
           }});
    }
    if (board < run_.plan.tracks.size()) {
      board_ = std::make_unique<Storyboard>(run_, board);
      outputs.back().take = [this, push = outputs.back().take](const AVFrame& frame, bool cut,
                                                               Slot slot) -> Result<void> {
        if (cut) SWARMA_RETURN_IF_ERROR(board_->add(frame, Orientation{}));
        return push(frame, cut, slot);
      };
    }
    decoder_ = std::make_unique<DecodeVideo>(run_, stream, std::move(outputs));
    SWARMA_RETURN_IF_ERROR(decoder_->open(0));
    decode_stage_ = std::make_unique<Packets>(
        run_, kPacketsQueued, [this](ff::Packet packet) { return decoder_->take(std::move(packet)); },
        [this]() -> Result<void> {
          SWARMA_RETURN_IF_ERROR(decoder_->end());
          for (EncodedVideo& video : encoded_videos_) video.worker->stage->finish();
          return board_ ? board_->end() : Result<void>();
        });
    add_stage(stream.index, *decode_stage_);
    return {};
  }

  Result<void> read_all() {
    while (!run_.stopped()) {
      if (run_.cancelled()) return cancelled();
      SWARMA_TRY(ff::Packet packet, source_.next());
      if (!packet) return {};
      auto index = static_cast<std::size_t>(packet->stream_index);
      if (index >= routes_.size()) continue;  // a stream that appeared in the middle
      if (auto it = captions_.find(packet->stream_index); it != captions_.end())
        for (CaptionTrack& track : it->second)
          SWARMA_RETURN_IF_ERROR(track.take(*packet, *source_.stream(packet->stream_index)));
      if (keyframe_board_ && packet->stream_index == run_.info.video.stream_index && (packet->flags & AV_PKT_FLAG_KEY))
        keyframe_board_->stage->push(ff::share(*packet));
      auto& to = routes_[index];
      for (std::size_t i = 0; i + 1 < to.size(); ++i) SWARMA_RETURN_IF_ERROR(to[i](ff::share(*packet)));
      if (!to.empty()) SWARMA_RETURN_IF_ERROR(to.back()(std::move(packet)));
      report();
    }
    return {};
  }

  // The stages that the reader feeds; the decoder finishes the encoders.
  void finish_all() {
    for (Packets* stage : packet_stages_) stage->finish();
    if (keyframe_board_) keyframe_board_->stage->finish();
    if (!decode_stage_ || run_.stopped())
      for (EncodedVideo& video : encoded_videos_) video.worker->stage->finish();
  }

  void report(bool last = false) {
    if (!progress_ || (!last && reported_.elapsed() < kProgressEvery)) return;
    reported_.restart();
    std::int64_t done = run_.plan.cuts_us.back();
    for (std::size_t i = 0; i < run_.plan.tracks.size(); ++i)
      if (wanted(i) && (plan(i).kind == TrackKind::Video || plan(i).kind == TrackKind::Audio))
        done = std::min(done, run_.done_us(i));
    Progress p;
    p.done_seconds = static_cast<double>(std::max<std::int64_t>(done, 0)) / 1e6;
    p.total_seconds = static_cast<double>(run_.plan.cuts_us.back()) / 1e6;
    double elapsed = started_.seconds();
    p.speed = elapsed > 0 ? p.done_seconds / elapsed : 0;
    progress_(p);
  }

  Demuxer source_;
  PackageRun& run_;
  const std::set<std::size_t>& finished_;
  const ProgressFn& progress_;
  std::vector<std::vector<Take>> routes_;  // by stream index
  std::vector<Packets*> packet_stages_;    // those that the reader feeds
  std::map<int, std::vector<CaptionTrack>> captions_;
  std::vector<std::unique_ptr<CopyVideo>> copied_videos_;
  std::vector<std::unique_ptr<CopyAudio>> copied_audios_;
  std::vector<std::unique_ptr<Worker<EncodeAudio, ff::Packet>>> encoded_audios_;
  std::vector<EncodedVideo> encoded_videos_;
  std::unique_ptr<Worker<KeyframeStoryboard, ff::Packet>> keyframe_board_;
  std::unique_ptr<Storyboard> board_;
  std::unique_ptr<DecodeVideo> decoder_;
  std::unique_ptr<Packets> decode_stage_;
  const Stopwatch started_;
  Stopwatch reported_;
};

}  // namespace

Result<void> package(const Film& film, const MediaInfo& info, const PackagePlan& plan,
                     const std::set<std::size_t>& finished, SegmentSink& sink, const ProgressFn& progress,
                     const std::atomic<bool>& cancel) {
  keep_large_buffers();
  SWARMA_TRY(Demuxer source, Demuxer::open_described(film, info));
  PackageRun run(info, plan, sink, cancel);
  return Packager(std::move(source), run, finished, progress).run();
}

}  // namespace swarma::content::media
