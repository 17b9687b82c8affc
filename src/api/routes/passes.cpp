#include "api/routes/passes.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "access/attest/attestation.h"
#include "access/pass/holder.h"
#include "api/problem.h"
#include "base/text.h"

namespace swarma::api {
namespace {

namespace pass = access::pass;
using access::grant::HandedPass;
using access::grant::PassRequest;

constexpr std::chrono::seconds kShortestPass{60};
constexpr std::chrono::days kLongestPass{10 * 366};

Json render(const pass::GivenPass& given, Instant now) {
  Json titles = "all";
  if (!given.titles.empty()) {
    titles = Json::array();
    for (const TitleId& title : given.titles) titles.push_back(title.text());
  }
  Json out = {{"pass_id", given.id},
              {"holder", given.subject},
              {"tier", given.tier},
              {"titles", std::move(titles)},
              {"valid_from", given.valid_from.unix_s()},
              {"valid_until", given.valid_until.unix_s()},
              {"state", std::string(to_string(given.state(now)))}};
  if (!given.path.empty()) out["path"] = given.path;
  if (given.revoked_at) out["revoked_at"] = given.revoked_at->unix_s();
  return out;
}

Result<PassRequest> read_request(const Call& call) {
  SWARMA_TRY(const Json body, parse_body(call.request));
  SWARMA_TRY(PassRequest request, access::grant::parse_pass_request(body));
  request.viewer = call.caller.jkt;
  request.base_url = call.caller.base_url;
  request.body = call.request.body;
  request.dpop = call.request.headers.get("DPoP");
  return request;
}

void request(const PassRoutes& with, const Call& call, ApiDone done) {
  auto order = read_request(call);
  if (!order) return done(std::unexpected(std::move(order).error()));
  with.desk.request(*std::move(order), [done = std::move(done)](Result<std::string> given) mutable {
    if (!given) return done(std::unexpected(std::move(given).error()));
    done(json_response(200, {{"pass", *std::move(given)}}));
  });
}

Result<net::Response> held(const PassRoutes& with, const Call& call) {
  const Instant now = with.clock.now();
  SWARMA_TRY(const auto passes, pass::held_passes(with.database, call.caller.jkt, now));
  Json list = Json::array();
  for (const pass::GivenPass& given : passes) {
    list.push_back(render(given, now));
    list.back()["pass"] = given.credential;
  }
  return json_response(200, {{"passes", std::move(list)}});
}

Result<HandedPass> read_handed(const Call& call) {
  SWARMA_TRY(const Json body, parse_body(call.request));
  const JsonReader reader(body, "request");
  SWARMA_RETURN_IF_ERROR(reader.only({"holder", "tier", "titles", "life_s"}));
  HandedPass handed{.holder = {}, .tier = {}, .titles = {}, .base_url = call.caller.base_url};
  SWARMA_TRY(handed.holder, reader.text("holder", 43));
  if (const auto bytes = parse_base64url(handed.holder); !bytes || bytes->size() != 32)
    return fail(ErrorCode::BadRequest, "bad_member", "\"holder\" must be the thumbprint of a key (RFC 7638).");
  SWARMA_TRY(handed.tier, reader.text("tier", 32));
  const auto is_fine = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'; };
  if (handed.tier.empty() || !std::ranges::all_of(handed.tier, is_fine))
    return fail(ErrorCode::BadRequest, "bad_member", "\"tier\" must be 1 to 32 of a-z, 0-9, \"_\", \"-\".");
  SWARMA_TRY(handed.life, reader.seconds_or("life_s", kShortestPass, kLongestPass, std::chrono::days(31)));
  if (!reader.has("titles")) return handed;
  SWARMA_TRY(const Json* titles, reader.array("titles", pass::kMaxPassTitles));
  for (const Json& item : *titles) {
    if (!item.is_string()) return fail(ErrorCode::BadRequest, "bad_member", "\"titles\" must hold ids of titles.");
    SWARMA_TRY(const TitleId title, TitleId::parse(item.get_ref<const std::string&>()));
    handed.titles.push_back(title);
  }
  return handed;
}

Result<net::Response> give(const PassRoutes& with, const Call& call) {
  SWARMA_TRY(const HandedPass handed, read_handed(call));
  SWARMA_TRY(std::string given, with.desk.give(handed));
  return json_response(201, {{"pass", std::move(given)}});
}

Result<net::Response> list(const PassRoutes& with, const Call& call) {
  SWARMA_TRY(const auto before, net::find_query(call.request.query, "before", 64));
  SWARMA_TRY(const auto passes, pass::list_passes(with.database, with.owner_jkt, before.value_or("")));
  const Instant now = with.clock.now();
  Json out = Json::array();
  for (const pass::GivenPass& given : passes) out.push_back(render(given, now));
  Json page = {{"passes", std::move(out)}};
  if (passes.size() == pass::kPageOfPasses) page["next"] = passes.back().id;
  return json_response(200, page);
}

Result<net::Response> revoke(const PassRoutes& with, const Call& call) {
  SWARMA_TRY(const Json body, parse_body(call.request));
  const JsonReader reader(body, "request");
  SWARMA_RETURN_IF_ERROR(reader.only({"pass_id"}));
  SWARMA_TRY(const std::string id, reader.text("pass_id", 64));
  SWARMA_RETURN_IF_ERROR(with.desk.revoke(id, with.owner_jkt));
  return json_response(200, Json::object());
}

Result<net::Response> status_list(const PassRoutes& with, const Call& call) {
  const auto number = parse_number<std::int64_t>(call.request.path_params.front());
  if (!number) return fail(ErrorCode::NotFound, "status_list_unknown", "There is no such status list.");
  SWARMA_TRY(std::string list, with.desk.status_list(*number, call.request.base_url));
  net::Response response;
  response.headers.set("Content-Type", "application/vc+jwt");
  response.headers.set("Cache-Control", "public, max-age=30");
  response.body = std::move(list);
  return response;
}

}  // namespace

Table routes(const PassRoutes& with) {
  static constexpr std::size_t kMaxRequest = 256 * 1024;  // sixteen attestations, and room
  return {
      {.method = "POST",
       .pattern = "/v1/passes/request",
       .auth = Auth::Viewer,
       .repeatable = true,
       .max_body = kMaxRequest,
       .later = later(with, request)},
      {.method = "GET", .pattern = "/v1/passes/held", .auth = Auth::Viewer, .handler = on(with, held)},
      {.method = "POST", .pattern = "/v1/passes", .auth = Auth::Creator, .repeatable = true, .handler = on(with, give)},
      {.method = "GET", .pattern = "/v1/passes", .auth = Auth::Creator, .handler = on(with, list)},
      {.method = "POST",
       .pattern = "/v1/passes/revoke",
       .auth = Auth::Creator,
       .repeatable = true,
       .handler = on(with, revoke)},
      {.method = "GET", .pattern = "/v1/passes/lists/{number}", .handler = on(with, status_list)}};
}

}  // namespace swarma::api
