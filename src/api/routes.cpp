#include "api/routes.h"

#include "api/auth.h"
#include "api/problem.h"
#include "base/log.h"

namespace swarma::api {
namespace {

void add_challenge(Services& services, net::Response& response, std::string_view reason) {
  response.headers.set("DPoP-Nonce", services.nonces.current(services.clock.now()));
  if (response.status == 401)
    response.headers.set("WWW-Authenticate",
                         "DPoP error=\"" +
                             std::string(reason == "use_dpop_nonce" ? "use_dpop_nonce" : "invalid_dpop_proof") +
                             "\", algs=\"EdDSA\"");
}

}  // namespace

net::Response render_error(Services& services, const Error& error) {
  if (error.reason == "disk_full") services.disk.note_full();
  net::Response response = problem_response(error);
  add_challenge(services, response, error.reason);
  return response;
}

namespace {

net::Response render(Services& services, Result<net::Response> result) {
  if (!result) return render_error(services, result.error());
  add_challenge(services, *result, {});
  return *std::move(result);
}

net::Response run(Services& services, const ApiHandler& handler, const net::Request& request) {
  return render(services, handler(request));
}

/// The jkt a request claims, only to tell idempotency keys of different viewers apart: a proof that does not verify is
/// refused by the handler before anything is stored under it.
std::string claimed_viewer(const net::Request& request) {
  return request.headers.count("DPoP") == 0 ? "address " + request.remote_address : "proof";
}

}  // namespace

net::Handler answer(Services& services, ApiHandler handler) {
  return [&services, handler = std::move(handler)](const net::Request& request) {
    return run(services, handler, request);
  };
}

net::GroupHandler answer_group(Services& services, ApiGroupHandler handler) {
  return [&services, handler = std::move(handler)](std::span<const net::Request* const> requests) {
    std::vector<net::Response> responses;
    for (Result<net::Response>& result : handler(requests)) responses.push_back(render(services, std::move(result)));
    return responses;
  };
}

net::Handler answer_once(Services& services, ApiHandler handler) {
  return [&services, handler = std::move(handler)](const net::Request& request) {
    const std::string_view header = request.headers.get("Idempotency-Key");
    if (header.empty()) return run(services, handler, request);
    std::string viewer = claimed_viewer(request);
    bool by_owner = false;
    std::optional<once::ProofUse> proof;
    if (viewer == "proof") {
      const auto caller =
          check_proof(services, request, body_digest(request),
                      request.headers.get("Authorization").size() > 5 ? request.headers.get("Authorization").substr(5)
                                                                      : std::string_view{});
      if (!caller) return render_error(services, caller.error());
      viewer = caller->jkt;
      by_owner = is_owner(services, *caller);
      proof = caller->proof;
    }
    if (const auto room = check_room(services, request, by_owner); !room) return render_error(services, room.error());
    const once::IdempotencyKey key{std::string(header), request.method + " " + request.path, viewer,
                                   body_digest(request)};
    const auto before = services.idempotency.begin(key);
    if (!before) return render_error(services, before.error());
    if (*before) {
      // The answer to a repetition is for whoever proves again that it is theirs: it may hold a link or a token.
      if (proof)
        if (const auto used = once::record_proof(services.database, *proof); !used)
          return render_error(services, used.error());
      net::Response response;
      response.status = (*before)->status;
      response.headers.set("Content-Type", (*before)->content_type);
      response.headers.set("Idempotency-Replayed", "true");
      response.body = (*before)->body;
      add_challenge(services, response, {});
      return response;
    }
    net::Response response = run(services, handler, request);
    // A refusal may be repeated with other proofs; only what was done is kept.
    const auto* body = std::get_if<std::string>(&response.body);
    const Result<void> kept =
        response.status < 300 && body != nullptr
            ? services.idempotency.finish(key,
                                          {response.status, std::string(response.headers.get("Content-Type")), *body})
            : services.idempotency.abandon(key);
    if (!kept) log::warning("idempotency_not_kept", {{"reason", kept.error().reason}});
    return response;
  };
}

Routes make_routes(Services& services) {
  Routes routes;
  add_blob_routes(services, routes);
  add_catalog_routes(services, routes);
  add_title_routes(services, routes);
  add_requirement_routes(services, routes);
  add_action_routes(services, routes);
  add_attestation_routes(services, routes);
  add_key_routes(services, routes);
  add_node_routes(services, routes);
  add_token_routes(services, routes);
  add_upload_routes(services, routes);
  add_media_routes(services, routes);
  add_problem_routes(services, routes);
  add_page_routes(services, routes);
  return routes;
}

}  // namespace swarma::api
