#include "content/publish/blob_route.h"

#include "base/random.h"
#include "content/publish/store_blob_sink.h"

namespace swarma::content::publish {
namespace {

/// Puts a random blob there and asks the node for it: nothing else tells a home from a copy of it.
Result<bool> works_on(client::Node& node, blob::BlobStore& store) {
  SWARMA_TRY(const BlobId probe, store.put(random_array<32>()));
  const auto answer = node.send_plain("HEAD", "/" + probe.hex());
  SWARMA_RETURN_IF_ERROR(store.remove(probe));
  return answer && answer->status == 200;
}

}  // namespace

Result<std::unique_ptr<BlobSink>> choose_blob_sink(client::Node& node, const std::filesystem::path& folder,
                                                   unsigned connections) {
  if (std::error_code ec; std::filesystem::is_directory(folder, ec)) {
    SWARMA_TRY(std::shared_ptr<blob::BlobStore> store, blob::open_directory_blob_store(folder));
    SWARMA_TRY(const bool shared, works_on(node, *store));
    if (shared)
      return make_store_blob_sink(
          std::move(store), [&node](std::span<const NewBlob> blobs) { return discard_blobs(node, blobs); },
          connections);
  }
  return make_http_blob_sink(node, connections);
}

}  // namespace swarma::content::publish
