// From finished tracks to the plain blobs of a title: media playlists, multivariant playlist, details, poster.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "content/media/plan.h"
#include "content/publish/journal.h"
#include "content/publish/ports.h"
#include "title/title_details.h"

namespace swarma::content::publish {

struct Assembled {
  BlobId playlist;
  BlobId details;
  std::optional<BlobId> poster;
  std::vector<title::Track> tracks;
  std::vector<std::string> notes;
  std::int64_t bytes = 0;  // of every blob, segments included
};

/// Puts each into the sink. A poster that could not be made becomes a note.
Result<Assembled> assemble(const media::PackagePlan& plan, std::vector<FinishedTrack> tracks,
                           const std::vector<std::string>& notes, const Result<Bytes>& poster, BlobSink& blobs,
                           const title::LocalTexts& texts = {}, const std::vector<title::Chapter>& chapters = {});

/// Bits per second over the worst segment (one much shorter than the longest does not count, as RFC 8216 §4.3.4.2 has
/// it) and over all of them.
struct BitRates {
  std::int64_t peak = 0;
  std::int64_t average = 0;
};
BitRates bit_rates_of(const std::vector<title::PlaylistSegment>& segments);

}  // namespace swarma::content::publish
