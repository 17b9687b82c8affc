// Which of a title's renditions to watch.
#pragma once

#include <string>
#include <vector>

#include "content/watch/title_view.h"
#include "content/watch/viewer_keys.h"

namespace swarma::content::watch {

struct Quality {
  /// "best", "least", a rendition's name ("720p") or a short side ("720": the best of at most that).
  std::string wanted = "best";
};

/// The video track to play, asking for a grant at `slot` if needed. For "best", "least" and a number the first track in
/// that order whose key group opens. NotFound ("no_such_quality") naming those there are; otherwise why none opens.
Result<std::size_t> choose_video(const TitleView& view, ViewerKeys& keys, const Quality& quality, Slot slot = 0);

/// Video tracks, the best first.
std::vector<std::size_t> videos_of(const TitleView& view);

}  // namespace swarma::content::watch
