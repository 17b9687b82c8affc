// GET /v1/catalog/search.
#pragma once

#include "access/grant/prepared_titles.h"
#include "api/table.h"
#include "catalog/registry/registry.h"

namespace swarma::api {

struct CatalogRoutes {
  catalog::registry::TitleRegistry& registry;
  access::grant::PreparedTitles& titles;
};
Table routes(const CatalogRoutes& with);

}  // namespace swarma::api
