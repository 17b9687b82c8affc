#include <algorithm>
#include <cstdlib>

#include "content/media/demuxer.h"
#include "content/media/package.h"
#include "content/media/picture.h"

namespace swarma::content::media {
namespace {

constexpr int kPosterWidth = 1280;
constexpr int kPosterQuality = 3;
constexpr int kMaxTries = 8;  // keyframes looked at before the best so far is taken
constexpr std::uint64_t kMaxPictureBytes = 32 << 20;
constexpr int kMaxPictureSide = 16'384;
constexpr double kDark = 28, kFlat = 12;  // a picture below these tells nothing

/// Without `seeks` the source is read on from where it is.
Result<ff::Frame> picture_at(Demuxer& source, KeyframeDecoder& decoder, int stream, std::int64_t source_us,
                             bool seeks) {
  AVRational base = source.stream(stream)->time_base;
  const std::int64_t at = av_rescale_q(source_us, ff::kMicro, base);
  if (seeks)
    avformat_seek_file(source.context(), stream, INT64_MIN, at, at, 0);  // on failure we go on from where we are
  for (int packets = 0; !seeks || packets < 10'000; ++packets) {
    SWARMA_TRY(ff::Packet packet, source.next());
    if (!packet) break;
    if (packet->stream_index != stream || !(packet->flags & AV_PKT_FLAG_KEY)) continue;
    if (!seeks && packet->pts != AV_NOPTS_VALUE && packet->pts < at) continue;
    SWARMA_TRY(ff::Frame frame, decoder.decode(*packet));
    if (frame) return frame;
  }
  return ff::Frame();
}

/// At most kPosterWidth wide when shown, with even sides.
Result<Bytes> poster_jpeg(const AVFrame& frame, double shown_width, double shown_height,
                          const Orientation& orientation) {
  double factor = std::min(1.0, kPosterWidth / shown_width);
  auto even = [](double side) { return std::max(2, static_cast<int>(side / 2) * 2); };
  return to_jpeg(frame, even(shown_width * factor), even(shown_height * factor), orientation, kPosterQuality);
}

std::unexpected<Error> no_picture(const std::string& why) {
  return fail(ErrorCode::BadRequest, "poster_unreadable", "The poster must be a JPEG, PNG or WebP picture: " + why);
}

bool is_picture(AVCodecID codec) {
  return codec == AV_CODEC_ID_MJPEG || codec == AV_CODEC_ID_PNG || codec == AV_CODEC_ID_WEBP;
}

/// The EXIF tag "Orientation": 1 to 8, the even ones up to 4 and the odd ones from 5 on mirrored.
Orientation exif_orientation(const AVFrame& frame) {
  static constexpr Orientation kKnown[] = {{0, false},  {0, true},   {180, false}, {180, true},
                                           {270, true}, {90, false}, {90, true},   {270, false}};
  const AVDictionaryEntry* entry = av_dict_get(frame.metadata, "Orientation", nullptr, 0);
  const int number = entry ? std::atoi(entry->value) : 1;
  return number >= 1 && number <= 8 ? kKnown[number - 1] : Orientation{};
}

}  // namespace

Result<Bytes> make_poster_of_picture(const std::filesystem::path& picture) {
  const auto file = Film::open(picture);
  if (!file && file.error().code != ErrorCode::Unsupported) return std::unexpected(file.error());
  if (!file) return no_picture("this is something else.");
  if (file->bytes() > kMaxPictureBytes) return no_picture("this one has more than 32 MB.");
  auto source = Demuxer::open(*file, Demuxer::Depth::Streams);
  if (!source && source.error().code != ErrorCode::Unsupported) return std::unexpected(source.error());
  if (!source) return no_picture("this is something else.");
  if (source->context()->nb_streams != 1 || !is_picture(source->stream(0)->codecpar->codec_id))
    return no_picture("this is something else.");
  const AVCodecParameters& p = *source->stream(0)->codecpar;
  if (p.width > kMaxPictureSide || p.height > kMaxPictureSide)
    return no_picture("this one is larger than 16384 pixels.");
  SWARMA_TRY(const ff::Packet packet, source->next());
  KeyframeDecoder decoder;
  SWARMA_RETURN_IF_ERROR(decoder.open(*source->stream(0)));
  if (!packet) return no_picture("this file is damaged.");
  SWARMA_TRY(const ff::Frame frame, decoder.decode(*packet));
  if (!frame || frame->width < 16 || frame->height < 16)
    return no_picture("this file is damaged, or smaller than 16 pixels.");
  const Orientation orientation = exif_orientation(*frame);
  const bool turned = orientation.swaps_sides();
  return poster_jpeg(*frame, turned ? frame->height : frame->width, turned ? frame->width : frame->height, orientation);
}

Result<Bytes> make_poster(const Film& film, const MediaInfo& info, std::int64_t at_us) {
  SWARMA_TRY(Demuxer source, Demuxer::open_described(film, info));
  const VideoStream& v = info.video;
  const bool seeks = info.timeline.empty();  // where the clock restarts, times lead to no place
  for (unsigned i = 0; i < source.context()->nb_streams; ++i)
    source.stream(static_cast<int>(i))->discard = static_cast<int>(i) != v.stream_index ? AVDISCARD_ALL
                                                  : seeks                               ? AVDISCARD_NONKEY
                                                                                        : AVDISCARD_DEFAULT;
  KeyframeDecoder decoder;
  SWARMA_RETURN_IF_ERROR(decoder.open(*source.stream(v.stream_index)));

  ff::Frame best;
  double best_score = -1;
  std::int64_t at = at_us >= 0 ? at_us : info.video_end_us / 10;
  for (int attempt = 0; attempt < kMaxTries; ++attempt) {
    SWARMA_TRY(ff::Frame frame, picture_at(source, decoder, v.stream_index, info.start_us + at, seeks));
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
    SWARMA_TRY(best, picture_at(source, decoder, v.stream_index, info.start_us, true));
    if (!best) return fail(ErrorCode::Unsupported, "cannot_decode", "Not one keyframe of the film could be decoded.");
  }
  return poster_jpeg(*best, static_cast<double>(v.width) * v.sar_num / v.sar_den, v.height, v.orientation);
}

}  // namespace swarma::content::media
