#include <algorithm>

#include "content/media/package.h"
#include "content/media/picture.h"
#include "content/media/source.h"

namespace swarma::content::media {
namespace {

constexpr int kPosterWidth = 1280;
constexpr int kPosterQuality = 3;
constexpr int kMaxTries = 8;              // keyframes looked at before the best so far is taken
constexpr double kDark = 28, kFlat = 12;  // a picture below these tells nothing

Result<ff::Frame> picture_at(Source& source, KeyframeDecoder& decoder, int stream, std::int64_t source_us) {
  AVRational base = source.stream(stream)->time_base;
  avformat_seek_file(source.context(), stream, INT64_MIN, av_rescale_q(source_us, ff::kMicro, base),
                     av_rescale_q(source_us, ff::kMicro, base), 0);  // on failure we go on from where we are
  for (int packets = 0; packets < 10'000; ++packets) {
    SWARMA_TRY(ff::Packet packet, source.next());
    if (!packet) break;
    if (packet->stream_index != stream || !(packet->flags & AV_PKT_FLAG_KEY)) continue;
    SWARMA_TRY(ff::Frame frame, decoder.decode(*packet));
    if (frame) return frame;
  }
  return ff::Frame();
}

}  // namespace

Result<Bytes> make_poster(const std::filesystem::path& file, const MediaInfo& info, std::int64_t at_us) {
  bool mp4 = info.container.find("mp4") != std::string::npos;
  SWARMA_TRY(Source source, Source::open(file, mp4 ? Source::Depth::Header : Source::Depth::Streams));
  const VideoStream& v = info.video;
  if (v.stream_index >= static_cast<int>(source.context()->nb_streams))
    return fail(ErrorCode::Conflict, "source_changed",
                "The film was changed since it was looked at. Publish it again.");
  for (unsigned i = 0; i < source.context()->nb_streams; ++i)
    source.stream(static_cast<int>(i))->discard =
        static_cast<int>(i) == v.stream_index ? AVDISCARD_NONKEY : AVDISCARD_ALL;
  KeyframeDecoder decoder;
  SWARMA_CHECK(decoder.open(*source.stream(v.stream_index)));

  ff::Frame best;
  double best_score = -1;
  std::int64_t at = at_us >= 0 ? at_us : info.video_end_us / 10;
  for (int attempt = 0; attempt < kMaxTries; ++attempt) {
    SWARMA_TRY(ff::Frame frame, picture_at(source, decoder, v.stream_index, info.start_us + at));
    if (frame) {
      Brightness b = measure_brightness(*frame);
      double score = std::min(b.mean / kDark, 1.0) + std::min(b.deviation / kFlat, 1.0);
      if (score > best_score) best_score = score, best = std::move(frame);
      if (at_us >= 0 || (b.mean >= kDark && b.deviation >= kFlat)) break;
    }
    at += std::max<std::int64_t>(info.video_end_us / 10, 1'000'000);
    if (at >= info.video_end_us) break;
  }
  if (!best) {
    SWARMA_TRY(best, picture_at(source, decoder, v.stream_index, info.start_us));
    if (!best) return fail(ErrorCode::Unsupported, "cannot_decode", "Not one keyframe of the film could be decoded.");
  }
  double shown = static_cast<double>(v.width) * v.sar_num / v.sar_den;
  double factor = std::min(1.0, kPosterWidth / shown);
  auto even = [](double side) { return std::max(2, static_cast<int>(side / 2) * 2); };
  return to_jpeg(*best, even(shown * factor), even(v.height * factor), v.rotation, kPosterQuality);
}

}  // namespace swarma::content::media
