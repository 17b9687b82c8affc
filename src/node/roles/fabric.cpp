#include "node/roles/fabric.h"

#include "api/routes/blobs.h"
#include "api/routes/catalog.h"
#include "api/routes/pages.h"
#include "api/routes/titles.h"
#include "node/access_plane.h"
#include "node/blob_care.h"
#include "node/bridges/blob_presence_by_store.h"
#include "node/bridges/discard_by_registry.h"
#include "node/bridges/sealed_intake_by_agent.h"
#include "node/bridges/signed_titles_by_registry.h"
#include "once/pruning.h"

namespace swarma::node {
namespace {

/// Titles as the access plane sees them, and the plane itself.
struct Access {
  explicit Access(catalog::registry::TitleRegistry& registry) : titles(registry) {}
  SignedTitlesByRegistry titles;
  std::unique_ptr<AccessPlane> plane;
};

/// In the order of their making: each needs only those above it.
struct Insides {
  Insides(Foundation& f, std::unique_ptr<BlobCare> keeper, std::unique_ptr<catalog::registry::TitleRegistry> titles,
          std::unique_ptr<Access> opened)
      : registry(std::move(titles)),
        care(std::move(keeper)),
        access(std::move(opened)),
        presence(*f.blobs),
        intake(access->plane->agent(), *f.database),
        desk(*registry, presence, intake,
             [this](const TitleId& id, std::int64_t revision) { care->note_title(id, revision); }),
        pruning(*f.database, f.clock) {}

  std::unique_ptr<catalog::registry::TitleRegistry> registry;
  std::unique_ptr<BlobCare> care;
  std::unique_ptr<Access> access;
  BlobPresenceByStore presence;
  SealedIntakeByAgent intake;
  catalog::registry::PublishingDesk desk;
  once::Pruning pruning;
};

std::vector<work::Timer> make_timers(Insides& in) {
  using std::chrono::minutes;
  std::vector<work::Timer> timers = in.access->plane->timers();
  timers.push_back({.name = "once", .every = minutes(1), .run = [&in]() -> Result<void> {
                      SWARMA_RETURN_IF_ERROR(in.pruning.run());
                      return {};
                    }});
  timers.push_back({.name = "scrub", .every = minutes(1), .run = [&in]() -> Result<void> {
                      in.care->scrub();
                      return {};
                    }});
  timers.push_back({.name = "sweep", .every = minutes(60), .run = [&in]() -> Result<void> {
                      in.care->sweep();
                      return {};
                    }});
  return timers;
}

}  // namespace

Result<Fabric> make_fabric(Foundation& f) {
  auto registry = std::make_unique<catalog::registry::TitleRegistry>(*f.database, f.clock);
  SWARMA_TRY(auto care, BlobCare::open(f.blob_folder, *f.blobs, *f.database, *registry, f.clock));
  auto access = std::make_unique<Access>(*registry);
  SWARMA_TRY(access->plane, AccessPlane::make(f, access->titles));
  AccessPlane& plane = *access->plane;
  const auto in = std::make_shared<Insides>(f, std::move(care), std::move(registry), std::move(access));
  const auto discard = discard_by_registry(*in->registry, *f.blobs);
  Part part{.timers = make_timers(*in), .metrics = plane.metrics(), .keeps = in};
  std::vector<api::Table> tables = plane.routes();
  tables.push_back(api::routes(api::BlobRoutes{*f.blobs}));
  tables.push_back(api::routes(api::BlobUploadRoutes{f.clock, *f.blobs, discard}));
  tables.push_back(api::routes(api::CatalogRoutes{*in->registry, plane.titles()}));
  tables.push_back(api::routes(api::TitleRoutes{*in->registry, in->desk, *f.blobs, *f.disk, plane.agents()}));
  tables.push_back(api::routes(api::PageRoutes{*in->registry}));
  for (api::Table& table : tables) std::ranges::move(table, std::back_inserter(part.routes));
  part.metrics.push_back({"swarma_blobs_damaged", "gauge", "Blobs that the disk damaged and nobody has put again",
                          [in = in.get()] { return in->care->count_damaged(); }});
  part.metrics.push_back({"swarma_sweep_held_back", "gauge",
                          "1 while orphans stay because another database may know them",
                          [in = in.get()] { return std::uint64_t{in->care->is_held_back()}; }});
  return Fabric{.part = std::move(part), .face = {.registry = *in->registry, .desk = in->desk, .discard = discard}};
}

}  // namespace swarma::node
