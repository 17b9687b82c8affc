#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "title/title_record.h"

namespace swarma::catalog::registry {

/// A visible title. The title secret exists here only inside the sealed JWE.
struct ListedTitle {
  std::string record_jws;
  title::TitleRecord record;
  std::string sealed;
  Instant published_at;  // of the first revision since it became visible
  Instant updated_at;    // of this revision
};
using ListedTitlePtr = std::shared_ptr<const ListedTitle>;

}  // namespace swarma::catalog::registry
