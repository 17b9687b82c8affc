// GET /v1/node, /health, /metrics.
#include <nlohmann/json.hpp>

#include "api/problem.h"
#include "api/routes.h"
#include "title/title_record.h"

namespace swarma::api {
namespace {

Result<net::Response> node(Services& services, const net::Request&) {
  const std::string& owner = services.owner.did().text();
  Json body = {{"name", services.facts.name},
               {"version", SWARMA_VERSION},
               {"owner", owner},
               {"agent", {{"signer", owner}, {"encryption", services.agent_encryption.did()}}},
               {"limits",
                {{"max_blob_bytes", content::blob::kMaxBlobBytes},
                 {"max_record_bytes", title::kMaxRecordBytes},
                 {"upload_bytes", services.facts.max_upload_bytes},
                 {"upload_chunk_bytes", kMaxUploadChunk / 2}}},
               {"nonce", services.nonces.current(services.clock.now())}};
  if (!services.facts.secure_url.empty()) body["secure_url"] = services.facts.secure_url;
  return json_response(200, body);
}

/// 200 when the node can serve, 503 when a balancer should send viewers elsewhere.
Result<net::Response> health(Services& services, const net::Request&) {
  const Health health = services.health();
  const bool draining = services.draining();
  const char* status = draining ? "draining" : health.ok ? "ok" : "degraded";
  net::Response response = json_response(health.ok && !draining ? 200 : 503,
                                         {{"status", status}, {"version", SWARMA_VERSION}, {"checks", health.checks}});
  if (response.status == 503) response.headers.set("Retry-After", "5");
  return response;
}

Result<net::Response> metrics(Services& services, const net::Request&) {
  net::Response response;
  response.headers.set("Content-Type", "text/plain; version=0.0.4");
  response.body = services.metrics();
  return response;
}

}  // namespace

void add_node_routes(Services& services, Routes& routes) {
  const auto get = [&](std::string pattern, net::Where where, auto handler) {
    routes.push_back(
        {.method = "GET",
         .pattern = std::move(pattern),
         .where = where,
         .handler = answer(services, [&services, handler](const net::Request& r) { return handler(services, r); })});
  };
  get("/v1/node", net::Where::Inline, node);
  get("/health", net::Where::Inline, health);
  get("/metrics", net::Where::Inline, metrics);
}

}  // namespace swarma::api
