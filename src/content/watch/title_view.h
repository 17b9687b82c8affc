// A title as a viewer sees it: the verified record and everything it names but the segments.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "content/watch/source.h"
#include "title/hls_playlist.h"
#include "title/title_details.h"
#include "title/title_record.h"

namespace swarma::content::watch {

/// The newest record of each title this viewer has seen, in `<data>/seen/<title id>` (its revision and the SHA-256 of
/// its payload). A node is refused that hands out an older one (with the terms of last week, or with a leaked key) or
/// another one of the same revision.
class SeenRevisions {
 public:
  explicit SeenRevisions(std::filesystem::path folder) : folder_(std::move(folder)) {}
  /// Remembers the record; `jws` is its signed text. Conflict ("record_older") when a newer one has been seen, Conflict
  /// ("record_forked") when another one of this revision has.
  Result<void> accept(const title::TitleRecord& record, std::string_view jws);

 private:
  std::filesystem::path folder_;
};

struct TitleView {
  title::TitleRecord record;
  std::string jws;
  title::TitleDetails details;
  std::vector<title::MediaPlaylist> playlists;  // one per track of the details, each with exactly record.slots segments

  /// Film time of slots [0, n) in seconds, by the first video track.
  double seconds_before(Slot slot) const;
};

/// Verifies `jws` as the record of `wanted` (Corrupt "record_forged", Conflict "record_older" or "record_forked"), then
/// fetches and checks details and playlists (Corrupt "title_inconsistent" when they do not fit the record or each
/// other).
Result<TitleView> open_title(std::string jws, const TitleId& wanted, Source& source, SeenRevisions& seen);

}  // namespace swarma::content::watch
