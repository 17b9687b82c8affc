// Where tests find films.
#pragma once

#include <cstdlib>
#include <filesystem>

#include "content/media/package.h"
#include "content/media/probe.h"

namespace swarma::content::media {

// As in film.h and package.h, of a file that is opened for the purpose.
inline Result<MediaInfo> probe(const std::filesystem::path& file, const ProbeOptions& options = {}) {
  SWARMA_TRY(const Film film, Film::open(file));
  return probe(film, options);
}
inline Result<void> package(const std::filesystem::path& file, const MediaInfo& info, const PackagePlan& plan,
                            const std::set<std::size_t>& finished, SegmentSink& sink, const ProgressFn& progress,
                            const std::atomic<bool>& cancel) {
  SWARMA_TRY(const Film film, Film::open(file));
  return package(film, info, plan, finished, sink, progress, cancel);
}
inline Result<Bytes> make_poster(const std::filesystem::path& file, const MediaInfo& info, std::int64_t at_us = -1) {
  SWARMA_TRY(const Film film, Film::open(file));
  return make_poster(film, info, at_us);
}

}  // namespace swarma::content::media

namespace swarma::content::media::testing {

/// $SWARMA_MEDIA, or the real films beside the repository, or those that tests/make_films.py makes before the tests
/// run.
inline std::filesystem::path films() {
  if (const char* folder = std::getenv("SWARMA_MEDIA")) return folder;
  const std::filesystem::path root = SWARMA_SOURCE_DIR, real = root / "../shared/media";
  return std::filesystem::exists(real) ? real : root / "build/films";
}

}  // namespace swarma::content::media::testing
