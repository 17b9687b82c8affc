// Where publishing puts its work. The consumer owns these faces; http_node.h speaks to a node, store_blob_sink.h writes
// into a store in the same process, tests use fakes.
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
/// Removes those that no record names and nobody has used since they were written.
using DiscardBlobs = std::function<Result<void>(std::span<const NewBlob>)>;

/// Takes blobs. Safe for concurrent use: tracks are packaged on several threads.
class BlobSink {
 public:
  virtual ~BlobSink() = default;
  /// Queues a blob whose name is known; blocks while the queue is full, so memory stays bounded. The error of any blob
  /// put so far is returned here and from then on.
  virtual Result<void> put(const BlobId& id, Bytes bytes) = 0;
  /// The same for what is no blob yet: it is sealed and hashed beside the caller's work. The name is there once flush()
  /// returned without an error.
  virtual Result<std::future<BlobId>> put(Bytes plaintext, SegmentSeal seal) = 0;
  /// Returns when every blob put before is durable at its destination, or with the first error.
  virtual Result<void> flush() = 0;
  /// Those of `ids` that are not at the destination.
  virtual Result<std::vector<BlobId>> find_missing(std::span<const BlobId> ids) = 0;
  /// Gives up what was put here, which must be over, and what of it was new at the destination: each such blob goes,
  /// unless a record names it or somebody else has put or asked for it since. The sink is spent afterwards. What stays
  /// because this fails is left to the destination's sweep.
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
