// What is in a file: the only look at a foreign container before work starts. Blocking; safe to call concurrently.
#pragma once

#include <cstdint>

#include "base/error.h"
#include "content/media/film.h"
#include "content/media/media_info.h"

namespace swarma::content::media {

inline constexpr std::int64_t kMaxFilmMs = 24 * 3600 * 1000;

struct ProbeOptions {
  bool so_far = false;  // the file is still arriving: what it promises beyond its end is no fault
};

/// Refuses with Unsupported what is not a film, saying what was found: "not_media", "no_video", "still_image",
/// "file_truncated" (the header promises more than there is), "streams_change", "too_long", "encrypted_source",
/// "dolby_vision" (without a picture that others can read).
Result<MediaInfo> probe(const Film& film, const ProbeOptions& options = {});

}  // namespace swarma::content::media
