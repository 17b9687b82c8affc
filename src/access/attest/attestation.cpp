#include "access/attest/attestation.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "crypto/hash.h"

namespace swarma::access::attest {
namespace {

constexpr std::size_t kMaxIdBytes = 64;
constexpr std::size_t kMaxDidBytes = 128;
constexpr std::chrono::seconds kSkew{60};  // between this node's clock and a foreign verifier's

std::unexpected<Error> forged(std::string why) {
  return fail(ErrorCode::Forbidden, "attestation_forged",
              "This attestation is not by the verifier it names, or it was changed: " + std::move(why));
}

/// Ids of foreign verifiers go into the database: base64url only.
bool is_id(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
  });
}

Result<Attestation> read_claims(const Json& payload) {
  const JsonReader reader(payload, "attestation");
  SWARMA_TRY(const std::string issuer_text, reader.text("issuer", kMaxDidBytes));
  SWARMA_TRY(auto issuer, crypto::Did::parse(issuer_text));
  SWARMA_TRY(const std::string title_text, reader.text("title_id", 26));
  SWARMA_TRY(const TitleId title, TitleId::parse(title_text));
  SWARMA_TRY(const std::string name, reader.text("requirement", 32));
  const auto requirement = policy::find_requirement(name);
  if (!requirement)
    return fail(ErrorCode::BadRequest, "bad_attestation", "It names a requirement that does not exist.");
  Attestation out{.id = {},
                  .issuer = std::move(issuer),
                  .subject = {},
                  .title = title,
                  .requirement = *requirement,
                  .params = {},
                  .key = {},
                  .evidence = {},
                  .nonce = {}};
  SWARMA_TRY(out.id, reader.text("attestation_id", kMaxIdBytes));
  if (!is_id(out.id)) return fail(ErrorCode::BadRequest, "bad_attestation", "Its id is not base64url.");
  SWARMA_TRY(out.subject, reader.text("subject", kMaxIdBytes));
  if (!is_id(out.subject))
    return fail(ErrorCode::BadRequest, "bad_attestation", "Its subject is not a key thumbprint.");
  SWARMA_TRY(const Json* params, reader.object("params"));
  SWARMA_TRY(out.params, canonical_json(*params));
  out.key = policy::leaf_key(out.requirement, out.params);
  SWARMA_TRY(const Json* evidence, reader.object("evidence"));
  SWARMA_TRY(out.evidence, canonical_json(*evidence));
  SWARMA_TRY(out.trust, reader.number("trust", 0, 1));
  SWARMA_TRY(out.issued_at, reader.instant("iat"));
  SWARMA_TRY(out.expires_at, reader.expiry("exp"));
  SWARMA_TRY(out.nonce, reader.text("nonce", kMaxIdBytes));
  SWARMA_TRY(out.basis, reader.text_or("basis", kMaxBasisBytes, ""));
  if (reader.has("until")) {
    SWARMA_TRY(out.until, reader.expiry("until"));
  }
  return out;
}

/// The claims of a text nobody has verified yet.
Result<Attestation> read_claimed(std::string_view jws) {
  const auto payload = crypto::peek_jws(jws, kMaxAttestationBytes);
  if (!payload) return forged(payload.error().message);
  auto claims = read_claims(*payload);
  if (!claims) return forged(claims.error().message);
  claims->jws = jws;
  return claims;
}

/// What an authentic attestation must say here.
Result<Attestation> check_claims(Attestation attestation, const AttestationExpectation& expected) {
  if (!expected.accepts(attestation.issuer))
    return fail(ErrorCode::Forbidden, "issuer_not_trusted",
                "This title does not accept attestations by " + attestation.issuer.text() + ".");
  if (attestation.subject != expected.viewer)
    return fail(ErrorCode::Forbidden, "attestation_wrong_viewer", "This attestation is about another viewer.");
  if (attestation.title != expected.title)
    return fail(ErrorCode::Forbidden, "attestation_wrong_title", "This attestation is for another title.");
  if (attestation.expires_at.has_passed(expected.now) || attestation.issued_at > expected.now + kSkew)
    return fail(ErrorCode::Forbidden, "attestation_expired",
                "This attestation is no longer valid: meet the requirement again.");
  return attestation;
}

}  // namespace

Result<std::string> sign_attestation(const Attestation& attestation, const crypto::SigningKey& issuer) {
  SWARMA_TRY(Json params, parse_json(attestation.params));
  SWARMA_TRY(Json evidence, parse_json(attestation.evidence));
  Json payload = {{"attestation_id", attestation.id},
                  {"issuer", attestation.issuer.text()},
                  {"subject", attestation.subject},
                  {"title_id", attestation.title.text()},
                  {"requirement", policy::to_string(attestation.requirement)},
                  {"params", std::move(params)},
                  {"evidence", std::move(evidence)},
                  {"trust", attestation.trust},
                  {"iat", attestation.issued_at.unix_s()},
                  {"exp", attestation.expires_at.unix_s()},
                  {"nonce", attestation.nonce}};
  if (!attestation.basis.empty()) payload["basis"] = attestation.basis;
  if (attestation.until) payload["until"] = attestation.until->unix_s();
  return crypto::sign_jws(issuer, crypto::kAttestationTyp, payload);
}

Result<Attestation> verify_attestation(std::string_view jws, const AttestationExpectation& expected) {
  SWARMA_TRY(auto claimed, read_claimed(jws));
  // The claims were read from the very text whose signature is checked here.
  if (auto verified = crypto::verify_jws(jws, crypto::kAttestationTyp, claimed.issuer, kMaxAttestationBytes); !verified)
    return forged(verified.error().message);
  return check_claims(std::move(claimed), expected);
}

std::string attestation_digest(std::string_view jws) {
  return to_base64url(crypto::sha256(view(jws)));
}

Result<Attestation> verify_attestation(db::Database& database, const KnownAttestations* known, std::string_view jws,
                                       const AttestationExpectation& expected) {
  const std::string digest = attestation_digest(jws);
  if (known != nullptr)
    if (const auto found = known->find(digest)) return check_claims(*found, expected);
  SWARMA_TRY(auto claimed, read_claimed(jws));
  SWARMA_TRY(const db::Rows rows,
             database.query("SELECT digest FROM attestations WHERE attestation_id = $1 AND issuer = $2",
                            {claimed.id, claimed.issuer.text()}));
  if (rows.empty() || rows.front().text(0) != digest) return verify_attestation(jws, expected);
  return check_claims(std::move(claimed), expected);
}

Result<void> consume(db::Session& session, const Attestation& attestation, Instant now) {
  const std::string issuer = attestation.issuer.text();
  SWARMA_TRY(
      const std::int64_t taken,
      session.execute(
          "INSERT INTO attestations (issuer, attestation_id, title_id, subject, creator_jkt, digest, "
          "expires_at, used_at, requirement) "
          "SELECT $1, $2, $3, $4, '', '', $5, $6, $7 WHERE $5 > (SELECT expires_at FROM attestation_floor) "
          "ON CONFLICT (attestation_id, issuer) DO UPDATE SET used_at = excluded.used_at "
          "WHERE attestations.used_at IS NULL AND attestations.revoked_at IS NULL",
          {issuer, attestation.id, attestation.title.text(), attestation.subject, attestation.expires_at.unix_s(),
           now.unix_s(), std::string(policy::to_string(attestation.requirement))}));
  if (taken == 1) return {};
  SWARMA_TRY(const db::Rows rows,
             session.query("SELECT revoked_at FROM attestations WHERE attestation_id = $1 AND issuer = $2",
                           {attestation.id, issuer}));
  if (!rows.empty() && !rows.front().is_null(0))
    return fail(ErrorCode::Forbidden, "attestation_revoked",
                "This attestation was revoked: meet the requirement again.");
  if (rows.empty())
    return fail(ErrorCode::Forbidden, "attestation_expired",
                "This attestation is so old that nobody remembers whether it was used: meet the requirement again.");
  return fail(ErrorCode::Forbidden, "attestation_used",
              "This attestation has been used for a grant already: meet the requirement again.");
}

std::string_view to_string(AttestationState state) {
  switch (state) {
    case AttestationState::Valid:
      return "valid";
    case AttestationState::Used:
      return "used";
    case AttestationState::Revoked:
      return "revoked";
    case AttestationState::Expired:
      return "expired";
  }
  return "expired";
}

}  // namespace swarma::access::attest
