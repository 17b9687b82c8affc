#include "content/watch/quality.h"

#include <algorithm>
#include <optional>
#include <tuple>

#include "base/text.h"

namespace swarma::content::watch {
namespace {

int short_side(const title::Track& track) {
  return std::min(track.width, track.height);
}

/// "720" or "720p".
std::optional<int> parse_height(std::string_view text) {
  if (text.ends_with('p')) text.remove_suffix(1);
  const auto height = parse_number<int>(text);
  return height && *height > 0 ? height : std::nullopt;
}

/// The tracks that `wanted` allows, in the order to try them. `exact` when one was named.
Result<std::vector<std::size_t>> candidates_of(const TitleView& view, const std::string& wanted, bool& exact) {
  std::vector<std::size_t> videos = videos_of(view);
  const auto& tracks = view.details.tracks;
  const auto named =
      std::find_if(videos.begin(), videos.end(), [&](std::size_t i) { return tracks[i].name == wanted; });
  exact = named != videos.end();
  if (exact) return std::vector{*named};
  if (wanted.empty() || wanted == "best") return videos;
  if (wanted == "least") return std::vector(videos.rbegin(), videos.rend());
  if (const auto height = parse_height(wanted)) {
    const std::size_t least = videos.back();
    std::erase_if(videos, [&](std::size_t i) { return short_side(tracks[i]) > *height; });
    if (videos.empty()) videos.push_back(least);  // nothing is that small: the nearest
    return videos;
  }
  std::string names;
  for (std::size_t i : videos) names += (names.empty() ? "" : ", ") + tracks[i].name;
  return fail(ErrorCode::NotFound, "no_such_quality",
              "This title has no rendition \"" + wanted + "\". It has: " + names +
                  "; \"best\", \"least\" or a height work too.");
}

}  // namespace

std::vector<std::size_t> videos_of(const TitleView& view) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < view.details.tracks.size(); ++i)
    if (view.details.tracks[i].kind == title::TrackKind::Video) out.push_back(i);
  const auto worth = [&](std::size_t i) {
    const title::Track& track = view.details.tracks[i];
    return std::tuple(-short_side(track), -track.bandwidth, i);
  };
  std::sort(out.begin(), out.end(), [&](std::size_t a, std::size_t b) { return worth(a) < worth(b); });
  return out;
}

Result<std::size_t> choose_video(const TitleView& view, ViewerKeys& keys, const Quality& quality, Slot slot) {
  bool exact = false;
  SWARMA_TRY(const auto candidates, candidates_of(view, quality.wanted, exact));
  std::optional<Error> first;
  for (std::size_t track : candidates) {
    const auto ready = keys.ensure(view.details.tracks[track].key_group, slot);
    if (ready) return track;
    if (!first) first = ready.error();
    // Anything but "this group is not in your grant" is about all groups: another quality would not help.
    if (ready.error().reason != "slot_not_granted") break;
  }
  if (exact && first->reason == "slot_not_granted")
    first->message = "Your unlock does not open the rendition \"" + quality.wanted + "\" here. Try --quality best.";
  return std::unexpected(*first);
}

}  // namespace swarma::content::watch
