// Whether sound can be decoded, before work starts. Internal: included by .cpp files of this folder only.
#pragma once

#include <set>

#include "content/media/demuxer.h"
#include "content/media/media_info.h"

namespace swarma::content::media {

/// The streams among `sounds` of which many packets near the beginning give not one frame. `source`: read from its
/// beginning, and of no further use.
Result<std::set<int>> find_undecodable(Demuxer& source, const std::vector<AudioStream>& sounds);

}  // namespace swarma::content::media
