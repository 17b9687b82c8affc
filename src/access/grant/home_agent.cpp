#include "access/grant/home_agent.h"

#include <nlohmann/json.hpp>

#include "access/attest/attestation.h"
#include "access/grant/broker.h"
#include "access/grant/pass_desk.h"
#include "access/grant/proving.h"
#include "access/pass/holder.h"
#include "crypto/hash.h"

namespace swarma::access::grant {
namespace {

bool is_near(Instant a, Instant b) {
  return a <= b + kClockSkew && b <= a + kClockSkew;
}

/// The viewer who signed this request (DPoP, RFC 9449). Which address it was sent to and whether for the first time is
/// for the fabric to see to.
Result<std::string> read_signer(const std::string& request, const std::string& proof_text, std::string_view path,
                                Instant now) {
  const auto bad = [](const std::string& why) {
    return fail(ErrorCode::Forbidden, "viewer_proof_bad", "The viewer has not signed this request: " + why);
  };
  const auto signed_by = crypto::verify_self_signed_jws(proof_text, crypto::kDpopTyp);
  if (!signed_by) return bad(signed_by.error().message);
  const JsonReader proof(signed_by->second, "proof");
  SWARMA_TRY(const std::string method, proof.text("htm", 16));
  SWARMA_TRY(const std::string digest, proof.text("htd", 64));
  SWARMA_TRY(const std::string url, proof.text("htu", 4096));
  SWARMA_TRY(const Instant made, proof.instant("iat"));
  if (method != "POST" || !url.ends_with(path)) return bad("the proof is for something else.");
  if (digest != to_base64url(crypto::sha256(view(request)))) return bad("the proof is for other words.");
  if (!is_near(made, now)) return bad("the proof is of another time.");
  return crypto::thumbprint(signed_by->first.public_key());
}

/// What the viewer shows, each seen by this agent.
Result<std::vector<policy::Proof>> read_proofs(const std::vector<std::string>& attestations,
                                               const attest::AttestationExpectation& expected) {
  std::vector<attest::Attestation> verified;
  for (const std::string& jws : attestations) {
    SWARMA_TRY(auto attestation, attest::verify_attestation(jws, expected));
    verified.push_back(std::move(attestation));
  }
  return proofs_of(verified);
}

}  // namespace

Result<void> HomeAgent::check_time(Instant fabrics) const {
  if (is_near(fabrics, clock_.now())) return {};
  return fail(ErrorCode::Unavailable, "clock_differs", "The clocks of the fabric and of the key agent do not agree.");
}

Result<IssuedGrant> HomeAgent::issue(const OrderMessage& order, const std::string& fabric) {
  SWARMA_RETURN_IF_ERROR(check_time(order.now));
  SWARMA_TRY(const Json body, parse_json(order.request));
  SWARMA_TRY(const KeyRequest request, parse_key_request(body));
  SWARMA_TRY(const std::string viewer, read_signer(order.request, order.proof, "/v1/keys/request", order.now));
  SWARMA_TRY(const auto policy, agent_.open_policy(request.title, order.record, order.sealed));
  policy::Facts facts{
      .now = order.now, .title = {}, .proofs = {}, .uses = {}, .country = order.country, .default_issuers = {fabric}};
  if (order.uses) facts.uses[request.path] = *order.uses;
  const attest::AttestationExpectation expected{viewer, request.title, order.now, [&](const crypto::Did& issuer) {
                                                  return policy->accepts_issuer(issuer.text(), facts.default_issuers);
                                                }};
  SWARMA_TRY(facts.proofs, read_proofs(request.attestations, expected));
  return agent_.issue({.title = request.title,
                       .revision = request.revision,
                       .record = &order.record,
                       .sealed = &order.sealed,
                       .path = request.path,
                       .slots = request.slots,
                       .key_groups = request.key_groups,
                       .viewer = viewer,
                       .encryption_key = request.encryption_key,
                       .facts = std::move(facts),
                       .previous = request.unlock});
}

Result<std::string> HomeAgent::issue(const PassOrderMessage& order, const std::string& fabric) {
  SWARMA_RETURN_IF_ERROR(check_time(order.now));
  SWARMA_TRY(const Json body, parse_json(order.request));
  SWARMA_TRY(const PassRequest request, parse_pass_request(body));
  SWARMA_TRY(const std::string viewer, read_signer(order.request, order.proof, "/v1/passes/request", order.now));
  SWARMA_TRY(const auto title, prepare_title({order.record, {}}));
  if (title->record.revision != request.revision)
    return fail(ErrorCode::Conflict, "not_current_revision",
                "The key agent was asked for another revision than the record's.");
  std::string holder = viewer;
  if (!request.holder_proof.empty()) {
    SWARMA_TRY(holder, pass::verify_holder(request.holder_proof, {viewer, request.title.text(), order.now}));
  }
  policy::Facts facts{
      .now = order.now, .title = {}, .proofs = {}, .uses = {}, .country = {}, .default_issuers = {fabric}};
  if (order.uses) facts.uses[request.path] = *order.uses;
  SWARMA_TRY(facts.proofs, read_proofs(request.attestations,
                                       {viewer, request.title, order.now, [&](const crypto::Did& issuer) {
                                          return title->policy.accepts_issuer(issuer.text(), facts.default_issuers);
                                        }}));
  return passes_.issue_pass({.record = &order.record,
                             .title = request.title,
                             .path = request.path,
                             .holder = holder,
                             .pass_id = order.pass_id,
                             .status = order.status,
                             .facts = std::move(facts)});
}

AnswerMessage HomeAgent::answer(const PassOrderMessage& order, const std::string& fabric) {
  const auto issued = issue(order, fabric);
  if (issued) return {.id = order.id, .grant = {}, .pass = *issued, .reason = {}, .message = {}};
  return {.id = order.id, .grant = {}, .pass = {}, .reason = issued.error().reason, .message = issued.error().message};
}

AnswerMessage HomeAgent::answer(const OrderMessage& order, const std::string& fabric) {
  const auto issued = issue(order, fabric);
  if (issued) return {.id = order.id, .grant = issued->jws, .pass = {}, .reason = {}, .message = {}};
  return {.id = order.id, .grant = {}, .pass = {}, .reason = issued.error().reason, .message = issued.error().message};
}

}  // namespace swarma::access::grant
