// A blob store at hand as a destination: in a node for films uploaded from a browser, and in `swarma publish` beside a
// node that works on the same folder.
#pragma once

#include <memory>

#include "content/blob/blob_store.h"
#include "content/publish/ports.h"

namespace swarma::content::publish {

/// Writes on `threads` threads, because each write waits for the disk. `discard` knows which blobs records name.
std::unique_ptr<BlobSink> make_store_blob_sink(std::shared_ptr<blob::BlobStore> store, DiscardBlobs discard,
                                               unsigned threads = 8, std::size_t max_waiting_bytes = 8u << 20);

}  // namespace swarma::content::publish
