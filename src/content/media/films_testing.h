// Where tests find films.
#pragma once

#include <cstdlib>
#include <filesystem>

namespace swarma::content::media::testing {

/// $SWARMA_MEDIA, or the real films beside the repository, or those that tests/make_films.py makes before the tests
/// run.
inline std::filesystem::path films() {
  if (const char* folder = std::getenv("SWARMA_MEDIA")) return folder;
  const std::filesystem::path root = SWARMA_SOURCE_DIR, real = root / "../shared/media";
  return std::filesystem::exists(real) ? real : root / "build/films";
}

}  // namespace swarma::content::media::testing
