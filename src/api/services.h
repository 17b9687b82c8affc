// What the routes call: references to the parts of one node, connected by node/. Everything here is safe for concurrent
// use.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "access/attest/actions.h"
#include "access/grant/broker.h"
#include "access/grant/key_agent.h"
#include "base/clock.h"
#include "base/disk_reserve.h"
#include "catalog/registry/registry.h"
#include "content/blob/blob_store.h"
#include "content/publish/spool.h"
#include "crypto/dpop.h"
#include "db/database.h"
#include "once/answers.h"

namespace swarma::content::publish {
class MediaJobs;
}

namespace swarma::api {

inline constexpr std::size_t kMaxUploadChunk =
    8 << 20;  // of a resumable upload: held in memory while its proof is checked

class Links;

struct NodeFacts {
  std::string name;
  std::string public_url;  // as configured; empty: only the addresses it listens on are known to be its own
  std::string secure_url;  // this node over TLS, if it has such an address
  std::size_t max_upload_bytes = 0;
  bool database_may_block = false;  // PostgreSQL: no route with SQL runs on an event loop
};

/// What GET /health says. Strangers read it: slugs only.
struct Health {
  bool ok = true;
  std::map<std::string, std::string> checks;  // name → "ok" or what is wrong
};

struct Services {
  const Clock& clock;
  NodeFacts facts;
  const crypto::SigningKey& owner;
  const crypto::DecryptionKey& agent_decryption;
  const crypto::EncryptionKey& agent_encryption;
  const crypto::DpopNonces& nonces;
  db::Database& database;
  content::blob::BlobStore& blobs;
  catalog::registry::TitleRegistry& registry;
  access::attest::Actions& actions;
  access::grant::TitleCache& titles;
  access::grant::Broker& broker;
  access::grant::LocalKeyAgent& agent;
  once::IdempotencyStore& idempotency;
  Links& links;
  content::publish::Spool& spool;
  content::publish::MediaJobs& media;
  /// Called when a title has become visible, or is so already; may be empty.
  std::function<void(const TitleId&, std::int64_t revision)> on_published = {};
  std::function<std::string()> metrics;  // Prometheus text
  std::function<bool()> draining;
  std::function<Health()> health;  // as seen a moment ago: answers at once
  DiskReserve& disk;               // of the database
};

}  // namespace swarma::api
