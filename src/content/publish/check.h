// All that a creator is told about a film, before it is published: what is in it, the plan, every note, every refusal.
// Looks at the file and encodes nothing. publish() begins with the same look, so both say the same, except that
// pictures which cannot be decoded stop publish() only when it needs them.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "content/media/film.h"
#include "content/media/plan.h"

namespace swarma::content::publish {

struct CheckRequest {
  std::filesystem::path file;
  media::LadderChoice ladder;
  std::vector<media::SidecarCaptions> captions;
  std::filesystem::path poster;  // empty: one of the film
  bool so_far = false;           // the file is still arriving: what is missing at its end is no fault
  bool try_decoding = true;      // looks for one picture that can be decoded, which takes a moment
};

struct FilmCheck {
  std::optional<media::Film> film;  // opened once: what is looked at here is what is packaged
  media::MediaInfo info;            // empty if the film itself is refused
  media::PackagePlan plan;          // without tracks if there is no plan
  std::optional<Bytes> poster;      // JPEG of the picture of one's own
  std::vector<Error> refusals;
  bool so_far = false;

  bool can_be_published() const { return refusals.empty(); }
};

/// Blocks for as long as it takes to read the film's index, or, for files without one, the film. Each part is looked at
/// even if another is refused. With `so_far`: Conflict ("upload_incomplete") when too little of the film is here to
/// tell.
Result<FilmCheck> check_film(const CheckRequest& request);

/// {"can_be_published", "so_far", "notes", "refusals"}, and "film" and "plan" where there is one.
Json check_json(const FilmCheck& check);

}  // namespace swarma::content::publish
