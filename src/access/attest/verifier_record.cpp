#include "access/attest/verifier_record.h"

#include <nlohmann/json.hpp>

#include "net/public_url.h"

namespace swarma::access::attest {
namespace {

constexpr std::string_view kVerifierTyp = "swarma-verifier+jwt";
constexpr std::string_view kRevokedTyp = "swarma-revoked+jwt";
constexpr std::chrono::seconds kSkew{60};  // between two nodes' clocks
constexpr std::size_t kMaxCalibration = 1'000;

std::unexpected<Error> bad_record(std::string why) {
  return fail(ErrorCode::Forbidden, "verifier_record_bad",
              "This is no list of verifiers that a node signed: " + std::move(why));
}

/// Nothing: of a later version of this program.
Result<std::optional<ListedVerifier>> read_verifier(const Json& json) {
  const JsonReader reader(json, "verifier");
  SWARMA_RETURN_IF_ERROR(reader.expect_object());
  SWARMA_TRY(const std::string name, reader.text("requirement", 32));
  const auto requirement = policy::find_requirement(name);
  if (!requirement) return std::nullopt;
  ListedVerifier out{.requirement = *requirement, .variant = {}, .calibration = {}};
  SWARMA_TRY(out.variant, reader.text_or("variant", 64, ""));
  SWARMA_TRY(out.trust, reader.number("trust", 0, 1));
  SWARMA_TRY(out.calibration, reader.text("calibration", kMaxCalibration));
  SWARMA_TRY(const std::string status, reader.text("status", 32));
  out.available = status == "available";
  return out;
}

Result<VerifierRecord> read_record(const Json& payload) {
  const JsonReader reader(payload, "list of verifiers");
  SWARMA_TRY(const std::string did, reader.text("issuer", 128));
  SWARMA_TRY(auto issuer, crypto::Did::parse(did));
  VerifierRecord record{.issuer = std::move(issuer), .url = {}, .issued_at = {}, .expires_at = {}, .verifiers = {}};
  SWARMA_TRY(const std::string url, reader.text("url", 300));
  SWARMA_TRY(const auto checked, net::parse_public_url(url));
  record.url = checked.url;
  SWARMA_TRY(record.issued_at, reader.instant("iat"));
  SWARMA_TRY(record.expires_at, reader.expiry("exp"));
  SWARMA_TRY(const Json* list, reader.array("verifiers", kMaxListedVerifiers));
  for (const Json& item : *list) {
    SWARMA_TRY(auto verifier, read_verifier(item));
    if (verifier) record.verifiers.push_back(*std::move(verifier));
  }
  return record;
}

}  // namespace

Result<std::string> sign_verifier_record(const VerifierRecord& record, const crypto::SigningKey& issuer) {
  Json list = Json::array();
  for (const ListedVerifier& one : record.verifiers) {
    list.push_back({{"requirement", policy::to_string(one.requirement)},
                    {"trust", one.trust},
                    {"calibration", one.calibration},
                    {"status", one.available ? "available" : "lacking"}});
    if (!one.variant.empty()) list.back()["variant"] = one.variant;
  }
  return crypto::sign_jws(issuer, kVerifierTyp,
                          {{"issuer", record.issuer.text()},
                           {"url", record.url},
                           {"iat", record.issued_at.unix_s()},
                           {"exp", record.expires_at.unix_s()},
                           {"verifiers", std::move(list)}});
}

Result<VerifierRecord> verify_verifier_record(std::string_view jws, Instant now) {
  const auto payload = crypto::peek_jws(jws, kMaxVerifierRecordBytes);
  if (!payload) return bad_record(payload.error().message);
  auto record = read_record(*payload);
  if (!record) return bad_record(record.error().message);
  // What was read is of the very text whose signature is checked here.
  if (const auto verified = crypto::verify_jws(jws, kVerifierTyp, record->issuer, kMaxVerifierRecordBytes); !verified)
    return bad_record(verified.error().message);
  if (record->issued_at > now + kSkew || record->expires_at.has_passed(now) ||
      record->expires_at.unix_s() - record->issued_at.unix_s() > std::chrono::seconds(kMaxVerifierRecordLife).count())
    return fail(ErrorCode::Forbidden, "verifier_record_expired",
                "This list of verifiers is too old, or of the future: fetch it from its node again.");
  return record;
}

Result<std::string> sign_revoked(const std::vector<std::string>& ids, const crypto::SigningKey& issuer, Instant now) {
  return crypto::sign_jws(issuer, kRevokedTyp,
                          {{"issuer", issuer.did().text()},
                           {"iat", now.unix_s()},
                           {"exp", Expiry(now, kRevokedLife).unix_s()},
                           {"revoked", ids}});
}

Result<std::set<std::string>> verify_revoked(std::string_view jws, const crypto::Did& issuer, Instant now) {
  const auto bad = [](const std::string& why) {
    return fail(ErrorCode::Corrupt, "revoked_list_bad", "The verifier's list of revoked attestations is bad: " + why);
  };
  const auto payload = crypto::verify_jws(jws, kRevokedTyp, issuer, kMaxRevokedBytes);
  if (!payload) return bad(payload.error().message);
  const JsonReader reader(*payload, "list");
  const auto issued = reader.instant("iat");
  const auto expires = reader.expiry("exp");
  const auto list = reader.array("revoked", kMaxRevokedIds);
  if (!issued || !expires || !list) return bad("it lacks a member.");
  if (*issued > now + kSkew || expires->has_passed(now - kSkew)) return bad("it is too old, or of the future.");
  std::set<std::string> ids;
  for (const Json& id : **list) {
    if (!id.is_string() || id.get_ref<const std::string&>().size() > 64) return bad("it holds something else.");
    ids.insert(id.get<std::string>());
  }
  return ids;
}

}  // namespace swarma::access::attest
