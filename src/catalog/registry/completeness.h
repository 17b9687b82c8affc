// Before a title becomes visible: is every blob it leads to here?
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "title/local_text.h"
#include "title/title_record.h"

namespace swarma::catalog::registry {

/// What the registry asks of the node's blob store. Safe for concurrent use.
class BlobPresence {
 public:
  virtual ~BlobPresence() = default;
  /// Size in bytes, or nothing if it is not here. From then on it counts as used: a sweep that runs meanwhile spares
  /// it.
  virtual Result<std::optional<std::uint64_t>> has(const BlobId& id) = 0;
  /// The whole blob, checked against its name. NotFound, Corrupt, or TooLarge beyond max_bytes.
  virtual Result<Bytes> read(const BlobId& id, std::size_t max_bytes) = 0;
  /// Success also where it is not here.
  virtual Result<void> remove(const BlobId& id) = 0;
};

/// What a complete title leads to. Only check_complete makes one for a record that came from outside.
struct CompleteTitle {
  std::vector<BlobId> blobs;  // sorted, each once: details, playlists, init segments, segments, poster
  /// Name and summary in further languages, for the search index.
  std::vector<title::LocalText> texts;
};

inline constexpr std::size_t kMaxTitleBlobs = 4'000'000;

/// Walks record → details → multivariant playlist → media playlists → init and all segments, and the poster.
/// Conflict ("title_incomplete") naming the first blob that is missing, has another size than its playlist says, or
/// does not fit the others (a track whose number of segments is not the record's slots, a playlist no track names).
Result<CompleteTitle> check_complete(const title::TitleRecord& record, BlobPresence& blobs);

}  // namespace swarma::catalog::registry
