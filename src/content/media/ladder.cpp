#include "content/media/ladder.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace swarma::content::media {
namespace {

constexpr int kMinSide = 64, kMaxSide = 4320;

constexpr int kListed[] = {2160, 1440, 1080, 720, 480, 360};
constexpr double kTooClose = 0.85;  // a rung must be smaller than this share of the next higher one

int even(double side) {
  return std::max(2, static_cast<int>(std::lround(side / 2.0)) * 2);
}

Rung scaled(const VideoStream& video, int short_side) {
  double factor = static_cast<double>(short_side) / std::min(video.width, video.height);
  if (video.width < video.height) return {even(short_side), even(video.height * factor)};
  return {even(video.width * factor), even(short_side)};
}

}  // namespace

std::vector<Rung> make_ladder(const VideoStream& video, const LadderChoice& choice) {
  Rung source{std::max(2, video.width & ~1), std::max(2, video.height & ~1)};
  std::vector<Rung> ladder;
  if (choice.mode == LadderMode::List) {
    std::vector<int> wanted = choice.heights;
    std::sort(wanted.rbegin(), wanted.rend());
    wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
    for (int side : wanted) {
      if (side == source.short_side()) ladder.push_back(source);
      if (side < source.short_side()) ladder.push_back(scaled(video, side));
    }
    if (ladder.empty()) ladder.push_back(source);
    return ladder;
  }
  ladder.push_back(source);
  if (choice.mode == LadderMode::Copy) return ladder;
  for (int side : kListed)
    if (side < ladder.back().short_side() * kTooClose) ladder.push_back(scaled(video, side));
  return ladder;
}

std::int64_t max_bit_rate(const Rung& rung, double frame_rate) {
  // 3.5 Mbit/s at 720p30; larger pictures need fewer bits per pixel, and a higher frame rate fewer per frame.
  double area = static_cast<double>(rung.width) * rung.height / (1280.0 * 720.0);
  double rate = 3.5e6 * std::pow(area, 0.8) * std::sqrt(std::max(1.0, frame_rate / 30.0));
  return std::max<std::int64_t>(200'000, std::llround(rate / 1000.0) * 1000);
}

Result<LadderChoice> LadderChoice::parse(std::string_view text) {
  LadderChoice choice;
  if (text == "auto") return choice;
  if (text == "copy") {
    choice.mode = LadderMode::Copy;
    return choice;
  }
  choice.mode = LadderMode::List;
  std::string_view rest = text;
  for (bool more = true; more;) {
    std::size_t comma = std::min(rest.find(','), rest.size());
    std::string_view item = rest.substr(0, comma);
    more = comma < rest.size();
    rest.remove_prefix(more ? comma + 1 : comma);
    if (item.ends_with('p')) item.remove_suffix(1);
    const int height = parse_number<int>(item).value_or(0);
    if (height < kMinSide || height > kMaxSide || height % 2 != 0)
      return fail(
          ErrorCode::BadRequest, "bad_ladder",
          fmt::format("“{}” is not a ladder: write auto, copy, or even heights from {} to {} such as 720,480,360.",
                      text, kMinSide, kMaxSide));
    choice.heights.push_back(height);
  }
  return choice;
}

}  // namespace swarma::content::media
