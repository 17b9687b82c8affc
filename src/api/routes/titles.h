// /v1/titles: publish, read, revise, unpublish; and the owner's list for the studio.
#pragma once

#include "access/grant/remote_agents.h"
#include "access/policy/policy.h"
#include "api/table.h"
#include "base/disk_reserve.h"
#include "catalog/registry/desk.h"
#include "content/blob/blob_store.h"
#include "content/publish/reviser.h"

namespace swarma::api {

/// Publish, read and take away.
struct TitleRoutes {
  catalog::registry::TitleRegistry& registry;
  catalog::registry::PublishingDesk& desk;
  content::blob::BlobStore& blobs;
  DiskReserve& disk;
  const access::grant::ChosenKeyAgent& agents;
};
Table routes(const TitleRoutes& with);

/// The studio's: the creator's list, and new words or terms for a title.
struct StudioRoutes {
  catalog::registry::TitleRegistry& registry;
  content::blob::BlobStore& blobs;
  content::publish::Reviser& reviser;
};
Table routes(const StudioRoutes& with);

}  // namespace swarma::api
