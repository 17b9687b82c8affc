// Where publishing puts its work: interfaces. http_node.h implements them for a node over HTTP, store_blob_sink.h for a
// store in the same process; tests use fakes.
#pragma once

#include <functional>
#include <future>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/ids.h"
#include "content/blob/blob_store.h"
#include "content/publish/track_encryptor.h"
#include "title/title_record.h"

namespace swarma::content::publish {

/// A blob that was not at its destination before, and the mark of its writing.
struct NewBlob {
  BlobId id;
  blob::WriteMark mark = 0;
};
/// Removes the blobs that no record names and nobody has used since they were written.
using DiscardBlobs = std::function<Result<void>(std::span<const NewBlob>)>;

/// Takes blobs. Safe for concurrent use: tracks are packaged on several threads.
class BlobSink {
 public:
  virtual ~BlobSink() = default;
  /// Queues a blob whose name is known; blocks while the queue is full, so memory stays bounded. The error of any blob
  /// put so far is returned here and from then on.
  virtual Result<void> put(const BlobId& id, Bytes bytes) = 0;
  /// Queues a plaintext segment; the queue seals and hashes it on its own threads. The name is ready once flush() has
  /// returned without an error.
  virtual Result<std::future<BlobId>> put(Bytes plaintext, SegmentSeal seal) = 0;
  /// Returns when every blob put before is durable at its destination, or with the first error.
  virtual Result<void> flush() = 0;
  /// Those of `ids` that are not at the destination.
  virtual Result<std::vector<BlobId>> find_missing(std::span<const BlobId> ids) = 0;
  /// After the last put(): removes the blobs that were new at the destination, except those that a record names or
  /// somebody else has put or asked for since. The sink cannot be used afterwards. Blobs that stay because this fails
  /// are left to the destination's sweep.
  virtual Result<void> discard_new() = 0;
  /// A buffer for a later put of about `bytes`, with any content: perhaps that of a blob already delivered.
  virtual Bytes take_buffer(std::size_t /*bytes*/) { return {}; }
};

/// Makes a title visible, in one step. Repeating the same record is a success.
class PublishPort {
 public:
  virtual ~PublishPort() = default;
  virtual Result<void> publish(std::string_view record_jws, std::string_view sealed_jwe) = 0;
};

/// A title as it is visible where films are published.
struct VisibleTitle {
  title::TitleRecord record;
  std::string record_jws;
  std::string sealed;
};

/// Looks titles up where they are published.
class VisibleTitles {
 public:
  virtual ~VisibleTitles() = default;
  /// NotFound ("title_not_found", "title_withdrawn").
  virtual Result<VisibleTitle> get(const TitleId& id) = 0;
};

}  // namespace swarma::content::publish
