#include "content/media/choose_video.h"

#include <fmt/core.h>

#include <algorithm>
#include <tuple>

#include "content/media/probe_streams.h"

namespace swarma::content::media {
namespace {

constexpr std::int64_t kFarShorter = 2;  // a film is at least half as long as the longest track,
constexpr std::size_t kFarSparser = 10;  // and has at least a tenth of the most pictures

std::int64_t span_of(const StreamScan& scan) {
  return scan.frames_us.empty() ? 0 : scan.frames_us.back() - scan.frames_us.front();
}

bool has_sound(const AVFormatContext& context, int stream) {
  const AVProgram* programme = find_programme(context, stream);
  if (!programme) return true;
  for (unsigned i = 0; i < programme->nb_stream_indexes; ++i)
    if (context.streams[programme->stream_index[i]]->codecpar->codec_type == AVMEDIA_TYPE_AUDIO) return true;
  return false;
}

}  // namespace

std::vector<const AVStream*> find_videos(const AVFormatContext& context) {
  std::vector<const AVStream*> out;
  for (unsigned i = 0; i < context.nb_streams; ++i) {
    const AVStream& s = *context.streams[i];
    if (s.codecpar->codec_type == AVMEDIA_TYPE_VIDEO && !is_cover_picture(s) && s.codecpar->width > 0 &&
        s.codecpar->height > 0)
      out.push_back(&s);
  }
  return out;
}

const AVStream* choose_video(const AVFormatContext& context, const Scan& scan) {
  std::vector<const AVStream*> videos = find_videos(context);
  // Streams that only came up while the file was read were not scanned.
  std::erase_if(videos, [&](const AVStream* s) { return static_cast<std::size_t>(s->index) >= scan.streams.size(); });
  const auto of = [&](const AVStream* s) -> const StreamScan& {
    return scan.streams.at(static_cast<std::size_t>(s->index));
  };
  std::int64_t longest = 0;
  std::size_t most = 0;
  for (const AVStream* s : videos) {
    longest = std::max(longest, span_of(of(s)));
    most = std::max(most, of(s).frames_us.size());
  }
  const auto rank = [&](const AVStream* s) {
    const std::size_t pictures = of(s).frames_us.size();
    const bool is_film = pictures > 1 && span_of(of(s)) * kFarShorter >= longest && pictures * kFarSparser >= most;
    return std::tuple(is_film, (s->disposition & AV_DISPOSITION_DEFAULT) != 0, has_sound(context, s->index),
                      std::int64_t{s->codecpar->width} * s->codecpar->height);
  };
  const AVStream* best = nullptr;
  for (const AVStream* s : videos)
    if (!best || rank(s) > rank(best)) best = s;
  return best;
}

bool holds(const AVProgram& programme, int stream) {
  const unsigned *begin = programme.stream_index, *end = begin + programme.nb_stream_indexes;
  return std::find(begin, end, static_cast<unsigned>(stream)) != end;
}

const AVProgram* find_programme(const AVFormatContext& context, int stream) {
  if (context.nb_programs < 2) return nullptr;
  for (unsigned i = 0; i < context.nb_programs; ++i)
    if (holds(*context.programs[i], stream)) return context.programs[i];
  return nullptr;
}

std::string programme_name(const AVProgram& programme) {
  const std::string name = stream_tag(programme.metadata, "service_name");
  return name.empty() ? fmt::format("programme {}", programme.program_num) : fmt::format("“{}”", name);
}

}  // namespace swarma::content::media
