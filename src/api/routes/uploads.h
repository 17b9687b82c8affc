// /v1/uploads: tus 1.0.0 (core, creation, expiration, termination), for pages of any origin. Each chunk is in memory
// once, its proof covers its hash, and it is appended whole or not at all.
//
// Order of the checks: version of the protocol, type of the content, who asks, then the numbers and the state.
#pragma once

#include "api/table.h"
#include "content/publish/spool.h"

namespace swarma::api {

inline constexpr std::size_t kMaxUploadChunk = 8 << 20;  // in memory while its proof is checked

struct UploadRoutes {
  content::publish::Spool& spool;
};
Table routes(const UploadRoutes& with);

}  // namespace swarma::api
