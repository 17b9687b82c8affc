// The route table. routes/<first URL noun>.cpp parses, calls a service, renders; nothing else.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "api/services.h"
#include "net/http_server.h"

namespace swarma::api {

using Routes = std::vector<net::Route>;

/// Every route of the node. `services` must outlive the server.
Routes make_routes(Services& services);

void add_blob_routes(Services& services, Routes& routes);
void add_catalog_routes(Services& services, Routes& routes);
void add_title_routes(Services& services, Routes& routes);
void add_requirement_routes(Services& services, Routes& routes);
void add_action_routes(Services& services, Routes& routes);
void add_attestation_routes(Services& services, Routes& routes);
void add_key_routes(Services& services, Routes& routes);
void add_node_routes(Services& services, Routes& routes);
void add_token_routes(Services& services, Routes& routes);
void add_upload_routes(Services& services, Routes& routes);
void add_media_routes(Services& services, Routes& routes);
void add_problem_routes(Services& services, Routes& routes);
void add_page_routes(Services& services, Routes& routes);

/// Where a handler runs that reads the database, or writes it in one transaction only: with SQLite on the loop, and on
/// a worker when it would have to wait there; on a worker when the database is elsewhere. What writes more than once
/// belongs on a worker always.
inline net::Where where_sql(const Services& services) {
  return services.facts.database_may_block ? net::Where::Worker : net::Where::Either;
}

using ApiHandler = std::function<Result<net::Response>(const net::Request&)>;
/// One answer for each request, in order.
using ApiGroupHandler = std::function<std::vector<Result<net::Response>>(std::span<const net::Request* const>)>;

/// The problem, and for 401 the challenge with a fresh nonce.
net::Response render_error(Services& services, const Error& error);
/// Errors become problems; every answer carries a fresh DPoP-Nonce.
net::Handler answer(Services& services, ApiHandler handler);
net::GroupHandler answer_group(Services& services, ApiGroupHandler handler);
/// As above, and with an Idempotency-Key the first answer is kept for 24 hours and given again.
net::Handler answer_once(Services& services, ApiHandler handler);

}  // namespace swarma::api
