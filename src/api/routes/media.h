// /v1/media: films this node packages itself, from the studio's uploads or in one request.
#pragma once

#include "api/table.h"
#include "content/publish/jobs.h"

namespace swarma::api {

struct MediaRoutes {
  content::publish::Spool& spool;
  content::publish::MediaJobs& jobs;
};
Table routes(const MediaRoutes& with);

}  // namespace swarma::api
