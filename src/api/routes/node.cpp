#include "api/routes/node.h"

#include <nlohmann/json.hpp>

#include "api/problem.h"
#include "api/routes/uploads.h"
#include "content/blob/blob_store.h"
#include "title/title_record.h"

namespace swarma::api {
namespace {

Result<net::Response> node(const NodeRoutes& with, const Call&) {
  const std::string& owner = with.identity.signing.did().text();
  Json body = {{"name", with.name},
               {"version", SWARMA_VERSION},
               {"owner", owner},
               {"agent", {{"signer", owner}, {"encryption", with.identity.decryption.encryption_key().did()}}},
               {"limits",
                {{"max_blob_bytes", content::blob::kMaxBlobBytes},
                 {"max_record_bytes", title::kMaxRecordBytes},
                 {"upload_bytes", with.max_upload_bytes},
                 {"upload_chunk_bytes", kMaxUploadChunk / 2}}},
               {"nonce", with.nonces.current(with.clock.now())}};
  if (!with.secure_url.empty()) body["secure_url"] = with.secure_url;
  return json_response(200, body);
}

/// 200 when the node can serve, 503 when a balancer should send viewers elsewhere.
Result<net::Response> health(const NodeRoutes& with, const Call&) {
  const Health health = with.health();
  const bool draining = with.draining();
  const char* status = draining ? "draining" : health.ok ? "ok" : "degraded";
  net::Response response = json_response(health.ok && !draining ? 200 : 503,
                                         {{"status", status}, {"version", SWARMA_VERSION}, {"checks", health.checks}});
  if (response.status == 503) response.headers.set("Retry-After", "5");
  return response;
}

Result<net::Response> metrics(const NodeRoutes& with, const Call&) {
  net::Response response;
  response.headers.set("Content-Type", "text/plain; version=0.0.4");
  response.body = with.metrics();
  return response;
}

}  // namespace

Table routes(const NodeRoutes& with) {
  const auto get = [](std::string pattern, ApiHandler handler) {
    return Entry{.method = "GET", .pattern = std::move(pattern), .runs = Runs::Inline, .handler = std::move(handler)};
  };
  return {get("/v1/node", on(with, node)), get("/health", on(with, health)), get("/metrics", on(with, metrics))};
}

}  // namespace swarma::api
