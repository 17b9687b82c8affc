// POST /v1/actions/start and /v1/actions/complete: a viewer meets a requirement and gets an attestation.
#include <nlohmann/json.hpp>

#include "access/attest/guesser.h"
#include "api/auth.h"
#include "api/problem.h"
#include "api/routes.h"

namespace swarma::api {
namespace {

Result<net::Response> start(Services& services, const net::Request& request) {
  SWARMA_TRY(const Caller viewer, authenticate_viewer(services, request));
  SWARMA_TRY(const Json body, parse_body(request));
  const JsonReader reader(body, "request");
  SWARMA_RETURN_IF_ERROR(reader.only({"title_id", "requirement", "key"}));
  SWARMA_TRY(const std::string id_text, reader.text("title_id", 26));
  SWARMA_TRY(const TitleId id, TitleId::parse(id_text));
  SWARMA_TRY(const std::string requirement, reader.text("requirement", 32));
  SWARMA_TRY(const std::string key, reader.text("key", 16));
  SWARMA_TRY(const auto title, services.titles.get(id));
  const access::policy::Leaf* leaf = title->policy.find_leaf(key);
  if (leaf == nullptr || to_string(leaf->requirement) != requirement)
    return fail(ErrorCode::Conflict, "requirement_unknown",
                "The title's terms have no such requirement (any more). Ask for its offer again.");
  SWARMA_TRY(const auto started, services.actions.start({id, title->record.creator, *leaf, viewer.jkt}));
  SWARMA_TRY(Json challenge, parse_json(started.challenge));
  return json_response(200, {{"action_id", started.action_id},
                             {"requirement", std::string(to_string(started.requirement))},
                             {"challenge", std::move(challenge)},
                             {"expires_at", started.expires_at.unix_s()}});
}

Result<net::Response> complete(Services& services, const net::Request& request) {
  SWARMA_TRY(const Caller viewer, authenticate_viewer(services, request));
  SWARMA_TRY(const Json body, parse_body(request));
  const JsonReader reader(body, "request");
  SWARMA_RETURN_IF_ERROR(reader.only({"action_id", "response"}));
  SWARMA_TRY(const std::string action_id, reader.text("action_id", 64));
  SWARMA_TRY(const Json* response, reader.object("response"));
  access::attest::Guest guest{.network = access::attest::network_of(request.remote_address)};
  const auto issued = services.actions.complete(action_id, viewer.jkt, *response, &guest);
  net::Response answer =
      issued ? json_response(200, {{"attestation", issued->jws}}) : render_error(services, issued.error());
  answer.hold = guest.hold;
  return answer;
}

}  // namespace

void add_action_routes(Services& services, Routes& routes) {
  // Both on a worker: they write several times, and checking a code is slow on purpose (Argon2id).
  routes.push_back(
      {.method = "POST",
       .pattern = "/v1/actions/start",
       .handler = answer_once(services, [&services](const net::Request& r) { return start(services, r); })});
  routes.push_back(
      {.method = "POST",
       .pattern = "/v1/actions/complete",
       .handler = answer_once(services, [&services](const net::Request& r) { return complete(services, r); })});
}

}  // namespace swarma::api
