#include "api/routes/verifiers.h"

#include <nlohmann/json.hpp>

#include "api/problem.h"

namespace swarma::api {
namespace {

using access::attest::Outcomes;

Json render(const Outcomes& of) {
  return {{"issued", of.issued}, {"used", of.used}, {"revoked", of.revoked}, {"contradicted", of.contradicted}};
}

Json render(const access::attest::VerifierHealth& of) {
  Json out = Json::object();
  if (of.last_success) out["last_success"] = of.last_success->unix_s();
  if (of.last_failure) out["last_failure"] = of.last_failure->unix_s();
  if (of.last_failure) out["failure"] = of.failure;
  return out;
}

Json render(const access::attest::VerifierInfo& of, const std::string& url) {
  Json out = {{"issuer", of.issuer},
              {"url", url},
              {"own", true},
              {"requirement", std::string(to_string(of.requirement))},
              {"trust", of.trust},
              {"calibration", of.calibration},
              {"status", of.lacks.empty() ? "available" : "lacking"},
              {"health", render(of.health)},
              {"reputation", render(of.outcomes)}};
  if (!of.variant.empty()) out["variant"] = of.variant;
  if (!of.lacks.empty()) out["lacks"] = of.lacks;
  return out;
}

/// What another node says of itself; the reputation is what became of its attestations here.
void add_foreign(Json& list, const access::attest::VerifierRecord& record,
                 const std::map<access::attest::VerifierName, Outcomes>& outcomes, Instant now) {
  for (const auto& verifier : record.verifiers) {
    const std::string requirement(to_string(verifier.requirement));
    const bool expired = record.expires_at.has_passed(now);
    list.push_back({{"issuer", record.issuer.text()},
                    {"url", record.url},
                    {"own", false},
                    {"requirement", requirement},
                    {"trust", verifier.trust},
                    {"calibration", verifier.calibration},
                    {"status", expired              ? "expired"
                               : verifier.available ? "available"
                                                    : "lacking"},
                    {"expires_at", record.expires_at.unix_s()}});
    if (!verifier.variant.empty()) list.back()["variant"] = verifier.variant;
    // Whoever shows one does not say which variant it is of.
    const auto found = outcomes.find({record.issuer.text(), requirement, ""});
    list.back()["reputation"] = render(found == outcomes.end() ? Outcomes{} : found->second);
  }
}

Result<net::Response> list(const VerifierRoutes& with, const Call& call) {
  // Not what the Host header says: this is signed.
  const std::string& url = with.public_url.empty() ? call.request.local_url : with.public_url;
  SWARMA_TRY(const auto own, with.actions.verifiers());
  SWARMA_TRY(const auto foreign, with.foreign.list());
  SWARMA_TRY(const auto outcomes, access::attest::count_outcomes(with.database));
  SWARMA_TRY(const std::string record, with.actions.verifier_record(url));
  Json out = Json::array();
  for (const auto& verifier : own) out.push_back(render(verifier, url));
  for (const auto& one : foreign) add_foreign(out, one, outcomes, with.clock.now());
  return json_response(200, {{"verifiers", std::move(out)}, {"record", record}});
}

Result<net::Response> revoked(const VerifierRoutes& with, const Call&) {
  SWARMA_TRY(const std::string record, with.actions.revoked_record());
  net::Response response = json_response(200, {{"record", record}});
  response.headers.set("Cache-Control", "no-store");
  return response;
}

Result<net::Response> add(const VerifierRoutes& with, const Call& call) {
  SWARMA_TRY(const Json body, parse_body(call.request));
  const JsonReader reader(body, "request");
  SWARMA_RETURN_IF_ERROR(reader.only({"record"}));
  SWARMA_TRY(const std::string jws, reader.text("record", access::attest::kMaxVerifierRecordBytes));
  SWARMA_TRY(const auto record, with.foreign.put(jws, with.clock.now()));
  return json_response(200, {{"issuer", record.issuer.text()}, {"url", record.url}});
}

Result<net::Response> remove(const VerifierRoutes& with, const Call& call) {
  SWARMA_TRY(const Json body, parse_body(call.request));
  const JsonReader reader(body, "request");
  SWARMA_RETURN_IF_ERROR(reader.only({"issuer"}));
  SWARMA_TRY(const std::string issuer, reader.text("issuer", 128));
  SWARMA_RETURN_IF_ERROR(with.foreign.remove(issuer));
  return json_response(200, Json::object());
}

}  // namespace

Table routes(const VerifierRoutes& with) {
  return {
      {.method = "GET", .pattern = "/v1/verifiers", .runs = Runs::Sql, .handler = on(with, list)},
      {.method = "GET", .pattern = "/v1/verifiers/revoked", .runs = Runs::Sql, .handler = on(with, revoked)},
      {.method = "POST", .pattern = "/v1/verifiers", .auth = Auth::Owner, .repeatable = true, .handler = on(with, add)},
      {.method = "POST",
       .pattern = "/v1/verifiers/remove",
       .auth = Auth::Owner,
       .repeatable = true,
       .handler = on(with, remove)}};
}

}  // namespace swarma::api
