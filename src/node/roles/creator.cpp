#include "node/roles/creator.h"

#include "api/routes/media.h"
#include "api/routes/titles.h"
#include "api/routes/uploads.h"
#include "content/publish/former_folders.h"
#include "content/publish/store_blob_sink.h"
#include "node/bridges/titles_by_desk.h"

namespace swarma::node {
namespace {

namespace publish = content::publish;

/// In the order of their making: each needs only those above it.
struct Insides {
  Insides(Foundation& f, const FabricFace& fabric)
      : visible(fabric.registry),
        publishing(fabric.desk, f.identity.signing),
        reviser(f.identity, visible, *f.blobs, publishing) {}

  VisibleTitlesByRegistry visible;
  PublishPortByDesk publishing;
  publish::Reviser reviser;
  std::unique_ptr<publish::Spool> spool;
  std::unique_ptr<publish::MediaJobs> jobs;
};

publish::JobPorts make_ports(Foundation& f, const FabricFace& fabric, Insides& in) {
  const auto make_sink = [store = f.blobs, discard = fabric.discard] {
    return publish::make_store_blob_sink(store, [discard](std::span<const publish::NewBlob> blobs) -> Result<void> {
      SWARMA_TRY([[maybe_unused]] const std::uint64_t removed, discard(blobs));
      return {};
    });
  };
  return {.identity = f.identity,
          .clock = f.clock,
          .database = *f.database,
          .bus = *f.bus,
          .spool = *in.spool,
          .agent = {f.identity.signing.did(), f.identity.decryption.encryption_key()},
          .make_sink = make_sink,
          .titles = in.publishing,
          .visible = in.visible,
          .data_folder = f.config.data,
          .home = f.home.id()};
}

}  // namespace

Result<Part> make_creator(Foundation& f, const FabricFace& fabric) {
  const auto in = std::make_shared<Insides>(f, fabric);
  const std::filesystem::path uploads = f.blob_folder / "uploads";  // all nodes of a database reach it
  SWARMA_TRY(in->spool, publish::Spool::open(uploads, f.config.uploads.max_upload_bytes, *f.database, f.clock));
  publish::import_former_folders({.data_folder = f.config.data, .spool_folder = uploads}, *f.database, f.identity,
                                 f.clock);
  SWARMA_TRY(in->jobs, publish::MediaJobs::open(make_ports(f, fabric, *in)));
  Part part{.keeps = in};
  for (api::Table table :
       {api::routes(api::UploadRoutes{*in->spool}), api::routes(api::MediaRoutes{*in->spool, *in->jobs}),
        api::routes(api::StudioRoutes{fabric.registry, *f.blobs, in->reviser})})
    std::ranges::move(table, std::back_inserter(part.routes));
  part.timers = {
      {.name = "uploads", .every = std::chrono::hours(1), .run = [in = in.get()] { return in->spool->tidy(); }}};
  return part;
}

}  // namespace swarma::node
