#include "api/routes/actions.h"

#include <nlohmann/json.hpp>

#include "access/attest/guesser.h"
#include "api/problem.h"

namespace swarma::api {
namespace {

Result<net::Response> start(const ActionRoutes& with, const Call& call) {
  SWARMA_TRY(const Json body, parse_body(call.request));
  const JsonReader reader(body, "request");
  SWARMA_RETURN_IF_ERROR(reader.only({"title_id", "requirement", "key"}));
  SWARMA_TRY(const std::string id_text, reader.text("title_id", 26));
  SWARMA_TRY(const TitleId id, TitleId::parse(id_text));
  SWARMA_TRY(const std::string requirement, reader.text("requirement", 32));
  SWARMA_TRY(const std::string key, reader.text("key", 16));
  SWARMA_TRY(const auto title, with.titles.get(id));
  const access::policy::Leaf* leaf = title->policy.find_leaf(key);
  if (leaf == nullptr || to_string(leaf->requirement) != requirement)
    return fail(ErrorCode::Conflict, "requirement_unknown",
                "The title's terms have no such requirement (any more). Ask for its offer again.");
  SWARMA_TRY(const auto started, with.actions.start({id, title->record.creator, *leaf, call.caller.jkt}));
  SWARMA_TRY(Json challenge, parse_json(started.challenge));
  return json_response(200, {{"action_id", started.action_id},
                             {"requirement", std::string(to_string(started.requirement))},
                             {"challenge", std::move(challenge)},
                             {"expires_at", started.expires_at.unix_s()}});
}

Result<net::Response> complete(const ActionRoutes& with, const Call& call) {
  SWARMA_TRY(const Json body, parse_body(call.request));
  const JsonReader reader(body, "request");
  SWARMA_RETURN_IF_ERROR(reader.only({"action_id", "response"}));
  SWARMA_TRY(const std::string action_id, reader.text("action_id", 64));
  SWARMA_TRY(const Json* response, reader.object("response"));
  access::attest::Guest guest{.network = access::attest::network_of(call.request.remote_address)};
  const auto issued = with.actions.complete(action_id, call.caller.jkt, *response, &guest);
  net::Response answer = issued ? json_response(200, {{"attestation", issued->jws}}) : with.door.refuse(issued.error());
  answer.hold = guest.hold;
  return answer;
}

}  // namespace

Table routes(const ActionRoutes& with) {
  // Both on a worker: they write several times, and checking a code is slow on purpose (Argon2id).
  return {{.method = "POST",
           .pattern = "/v1/actions/start",
           .auth = Auth::Viewer,
           .repeatable = true,
           .handler = on(with, start)},
          {.method = "POST",
           .pattern = "/v1/actions/complete",
           .auth = Auth::Viewer,
           .repeatable = true,
           .handler = on(with, complete)}};
}

}  // namespace swarma::api
