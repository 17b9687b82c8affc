#include "content/media/clock_watch.h"

#include <algorithm>
#include <string_view>

namespace swarma::content::media {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kBack = kSecond / 2;           // decoding times of a stream never go back by so much
constexpr std::int64_t kForward = 10 * kSecond;       // nothing at all for so long: the clock jumped
constexpr std::int64_t kForwardAlone = 60 * kSecond;  // a lone stream may pause: pictures of a slide show
constexpr std::size_t kMaxParts = 10'000;             // beyond, times are taken as they come

/// The clock counts 90,000 a second in 33 bits, and what lies before its beginning is read as if it had gone round.
std::int64_t unwrapped(std::int64_t jump_us) {
  constexpr std::int64_t kRound = (std::int64_t{1} << 33) * 100 / 9;
  return jump_us > kRound / 2 ? jump_us - kRound : jump_us < -kRound / 2 ? jump_us + kRound : jump_us;
}

/// Formats whose clock may be anything at any place.
bool has_running_clock(const AVFormatContext& context) {
  const std::string_view name = context.iformat->name;
  return name == "mpegts" || name == "mpeg" || name == "flv";
}

}  // namespace

ClockWatch::ClockWatch(const AVFormatContext& context)
    : watches_(has_running_clock(context)), clocks_(context.nb_programs + 1), streams_(context.nb_streams) {
  for (std::size_t p = 0; p < context.nb_programs; ++p)
    for (unsigned i = 0; i < context.programs[p]->nb_stream_indexes; ++i)
      if (unsigned stream = context.programs[p]->stream_index[i];
          stream < streams_.size() && streams_[stream].clock == 0)
        streams_[stream].clock = p + 1;
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    const AVMediaType type = context.streams[i]->codecpar->codec_type;
    streams_[i].drives = type == AVMEDIA_TYPE_VIDEO || type == AVMEDIA_TYPE_AUDIO;
    clocks_[streams_[i].clock].streams += streams_[i].drives;
  }
}

bool ClockWatch::has_jumped(const Clock& clock, const Follower& stream, int part, std::int64_t time) const {
  const Part& now = clock.parts[static_cast<std::size_t>(part)];
  if (time > now.clock_us + (clock.streams > 1 ? kForward : kForwardAlone)) return true;
  return stream.part == part ? time < stream.last_us - kBack : time < now.first_us - kForward;
}

void ClockWatch::enter(Follower& stream, int part) {
  if (stream.part == part) return;
  stream.part = part;
  stream.pieces.emplace_back(stream.packets, static_cast<std::size_t>(part));
}

void ClockWatch::take(const AVPacket& packet, const AVStream& stream) {
  const auto index = static_cast<std::size_t>(packet.stream_index);
  if (!watches_ || index >= streams_.size()) return;
  Follower& s = streams_[index];
  Clock& clock = clocks_[s.clock];
  const std::int64_t ticks = packet.dts != AV_NOPTS_VALUE ? packet.dts : packet.pts;
  if (ticks != AV_NOPTS_VALUE) {
    const std::int64_t time = av_rescale_q(ticks, stream.time_base, ff::kMicro);
    const std::int64_t shown =
        packet.pts == AV_NOPTS_VALUE ? time : av_rescale_q(packet.pts, stream.time_base, ff::kMicro);
    if (clock.parts.empty()) {
      if (!s.drives) return void(++s.packets);
      clock.parts.push_back({packet.pos, time, time, {}});
    }
    int last = static_cast<int>(clock.parts.size()) - 1;
    const bool behind = packet.pos >= 0 && packet.pos >= clock.parts.back().start_pos;
    int part = s.part < 0 || behind || !s.drives ? last : s.part;
    if (s.part >= 0 && part < last && has_jumped(clock, s, part, time)) part = last;
    if (s.drives && part == last && clock.parts.size() < kMaxParts && has_jumped(clock, s, part, time)) {
      clock.parts.push_back({packet.pos, time, time, {}});
      part = last + 1;
    }
    enter(s, part);
    if (s.drives) {
      Part& now = clock.parts[static_cast<std::size_t>(part)];
      now.first_us = std::min(now.first_us, time);
      now.clock_us = std::max(now.clock_us, time);
      if (time > s.last_us && time - s.last_us < kSecond) s.step_us = time - s.last_us;
      const std::int64_t lasts =
          packet.duration > 0 ? av_rescale_q(packet.duration, stream.time_base, ff::kMicro) : s.step_us;
      auto [span, fresh] = now.spans.try_emplace(packet.stream_index, Span{shown, shown + lasts});
      span->second.first_us = std::min(span->second.first_us, shown);
      span->second.end_us = std::max(span->second.end_us, shown + lasts);
    }
    s.last_us = time;
  }
  ++s.packets;
}

bool ClockWatch::found_jumps() const {
  return std::any_of(clocks_.begin(), clocks_.end(), [](const Clock& clock) { return clock.parts.size() > 1; });
}

std::vector<std::int64_t> ClockWatch::shifts_of(const Clock& clock) const {
  std::vector<std::int64_t> shifts(clock.parts.size(), 0);
  for (std::size_t i = 1; i < clock.parts.size(); ++i) {
    const Part &before = clock.parts[i - 1], &now = clock.parts[i];
    std::int64_t first = now.spans.empty() ? now.first_us : now.spans.begin()->second.first_us;
    for (const auto& [stream, span] : now.spans) first = std::min(first, span.first_us);
    std::int64_t shift = before.first_us + shifts[i - 1] - first;
    for (const auto& [stream, span] : before.spans) {
      const auto same = now.spans.find(stream);
      const std::int64_t begins = same == now.spans.end() ? first : same->second.first_us;
      shift = std::max(shift, span.end_us + shifts[i - 1] - begins);
    }
    shifts[i] = shift;
  }
  return shifts;
}

Timeline ClockWatch::timeline() const {
  Timeline out;
  std::vector<std::vector<std::int64_t>> shifts;
  for (const Clock& clock : clocks_) shifts.push_back(shifts_of(clock));
  for (std::size_t i = 0; i < streams_.size(); ++i)
    for (const auto& [packet, part] : streams_[i].pieces)
      if (const std::int64_t shift = shifts[streams_[i].clock][part]; packet > 0 || shift != 0)
        out.push_back({.stream = static_cast<int>(i), .first_packet = packet, .shift_us = shift});
  return out;
}

std::vector<ClockJump> ClockWatch::jumps_of(int stream) const {
  std::vector<ClockJump> out;
  const Clock& clock = clocks_[streams_[static_cast<std::size_t>(stream)].clock];
  const std::vector<std::int64_t> shifts = shifts_of(clock);
  for (std::size_t i = 1; i < clock.parts.size(); ++i)
    out.push_back({clock.parts[i].first_us + shifts[i], unwrapped(shifts[i - 1] - shifts[i])});
  return out;
}

}  // namespace swarma::content::media
