#include "access/grant/evidence.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "access/grant/prepared_titles.h"
#include "access/grant/proving.h"
#include "base/rfc3339.h"

namespace swarma::access::grant {
namespace {

constexpr std::size_t kMaxItems = 64;

std::unexpected<Error> bad(const std::string& why) {
  return fail(ErrorCode::BadRequest, "evidence_bad", "This is no evidence of a grant: " + why);
}

std::unexpected<Error> refuted(const std::string& why) {
  return fail(ErrorCode::Forbidden, "evidence_refuted", "The grant does not follow: " + why);
}

Result<std::vector<std::string>> read_texts(const JsonReader& reader, const char* name, std::size_t max_bytes) {
  SWARMA_TRY(const Json* list, reader.array(name, kMaxItems));
  std::vector<std::string> out;
  for (const Json& item : *list) {
    if (!item.is_string() || item.get_ref<const std::string&>().size() > max_bytes)
      return bad(std::string("\"") + name + "\" must hold texts.");
    out.push_back(item.get<std::string>());
  }
  return out;
}

Result<Evidence> read(std::string_view text) {
  if (text.size() > kMaxEvidenceBytes) return bad("it is too long.");
  SWARMA_TRY(const Json json, parse_json(text));
  const JsonReader reader(json, "evidence");
  SWARMA_RETURN_IF_ERROR(reader.only({"version", "record", "grant", "attestations", "issuers"}));
  SWARMA_RETURN_IF_ERROR(reader.integer("version", 1, 1));
  Evidence out;
  SWARMA_TRY(out.record, reader.text("record", title::kMaxRecordBytes));
  SWARMA_TRY(out.grant, reader.text("grant", policy::kMaxGrantBytes));
  SWARMA_TRY(out.attestations, read_texts(reader, "attestations", attest::kMaxAttestationBytes));
  SWARMA_TRY(out.issuers, read_texts(reader, "issuers", 128));
  return out;
}

/// When the unlock of a grant was made: its id begins with that.
Result<Instant> unlocked_at(const policy::GrantClaims& grant) {
  const auto id = parse_base64url(grant.unlock_id);
  if (!id || id->size() != 16) return bad("the id of its unlock has another form.");
  std::int64_t seconds = 0;
  for (int i = 0; i < 4; ++i) seconds = seconds << 8 | (*id)[static_cast<std::size_t>(i)];
  return Instant(seconds);
}

/// What the attestations say, as facts at the moment of the unlock.
Result<policy::Facts> read_proofs(const Evidence& evidence, const PreparedTitle& title,
                                  const policy::GrantClaims& grant, Instant at) {
  policy::Facts facts{
      .now = at, .title = title.shape, .proofs = {}, .uses = {}, .country = {}, .default_issuers = evidence.issuers};
  const attest::AttestationExpectation expected{grant.viewer, title.record.id, at, [&](const crypto::Did& issuer) {
                                                  return title.policy.accepts_issuer(issuer.text(), evidence.issuers);
                                                }};
  for (const std::string& jws : evidence.attestations) {
    const auto attestation = attest::verify_attestation(jws, expected);
    if (!attestation) return refuted(attestation.error().message);
    facts.proofs.push_back({attestation->key, attestation->trust, attestation->issuer.text(), attestation->until});
  }
  return facts;
}

bool is_for_a_file_to_show(const policy::Unmet& unmet) {
  return unmet.reason != "country_unknown" && unmet.reason != "country_denied";
}

Result<void> check_terms(const policy::Policy& policy, const policy::Path& path, const policy::GrantClaims& grant,
                         const policy::Facts& facts) {
  const auto decision = policy::evaluate_path(policy, path, facts);
  for (const policy::Unmet& unmet : decision.unmet)
    if (is_for_a_file_to_show(unmet))
      return refuted("the terms of the way \"" + path.id + "\" are not met. " + unmet.how);
  if (!decision.terms.slots.contains(grant.slots) || grant.slots.size() > decision.terms.window_slots)
    return refuted("it opens more than the way \"" + path.id + "\" does.");
  for (const std::string& group : grant.key_groups)
    if (std::ranges::find(decision.terms.key_groups, group) == decision.terms.key_groups.end())
      return refuted("it opens the key group \"" + group + "\", which the way does not.");
  if (grant.unlock_until > Expiry(facts.now, path.grants.unlock_life) ||
      (decision.until && grant.unlock_until > *decision.until))
    return refuted("its unlock lasts longer than the way allows.");
  if (grant.expires_at > Expiry(grant.issued_at, path.grants.ttl) || grant.expires_at > grant.unlock_until)
    return refuted("it lasts longer than the way allows.");
  return {};
}

}  // namespace

std::string evidence_json(const Evidence& evidence) {
  return Json{{"version", 1},
              {"record", evidence.record},
              {"grant", evidence.grant},
              {"attestations", evidence.attestations},
              {"issuers", evidence.issuers}}
      .dump();
}

Result<Findings> check_evidence(std::string_view json) {
  auto evidence = read(json);
  if (!evidence)
    return evidence.error().reason == "evidence_bad" ? std::unexpected(std::move(evidence).error())
                                                     : bad(evidence.error().message);
  const auto title = prepare_title({evidence->record, {}});
  if (!title) return refuted("the title's record is not by its creator. " + title.error().message);
  const title::TitleRecord& record = (*title)->record;
  auto grant = policy::verify_grant(evidence->grant, record.agent.signer);
  if (!grant) return refuted("it is not by the key agent that the record names. " + grant.error().message);
  if (grant->title != record.id || grant->revision != record.revision || grant->policy_hash != (*title)->policy_hash)
    return refuted("it is of another title, revision or policy than the record.");
  const policy::Path* path = (*title)->policy.find_path(grant->path);
  if (path == nullptr) return refuted("the policy has no way called \"" + grant->path + "\".");
  SWARMA_TRY(const Instant at, unlocked_at(*grant));
  SWARMA_TRY(const policy::Facts facts, read_proofs(*evidence, **title, *grant, at));
  SWARMA_RETURN_IF_ERROR(check_terms((*title)->policy, *path, *grant, facts));

  Findings out{.grant = *std::move(grant), .record = record, .shown = {}, .open = {}};
  out.shown = {
      "The record of “" + record.name + "”, revision " + std::to_string(record.revision) +
          ", is signed by its creator " + record.creator.text() + ".",
      "The grant is signed by the key agent that the record names, for the viewer " + out.grant.viewer + ".",
      std::to_string(facts.proofs.size()) +
          " attestations, each signed by a verifier that the policy accepts, were valid for this viewer and title on " +
          to_rfc3339(at) + ".",
      "They meet the way “" + path->id + "”: " + policy::describe_path(*path, (*title)->shape),
      "The grant opens no more, and lasts no longer, than this way allows."};
  if (path->grants.max_plays > 0 || path->grants.cooldown.count() > 0 || path->grants.count > 0)
    out.open.push_back("How often this way was used is known to the node only.");
  if (!path->grants.geo.allow.empty() || !path->grants.geo.deny.empty())
    out.open.push_back("In which country the viewer was is known to nobody any more.");
  out.open.push_back("Whether a proof, the unlock or the grant was revoked since is known to the node only.");
  if (!evidence->issuers.empty() && !facts.proofs.empty())
    out.open.push_back("Where the policy names no verifiers, those that the file names are accepted: the node's word.");
  return out;
}

Result<void> keep_grant(db::Session& session, const std::string& id, const std::string& unlock_id,
                        const std::string& jws, Instant now) {
  SWARMA_RETURN_IF_ERROR(
      session.execute("INSERT INTO grant_issued (grant_id, unlock_id, jws, issued_at) VALUES ($1, $2, $3, $4)",
                      {id, unlock_id, jws, now.unix_s()}));
  return {};
}

Result<void> keep_record(db::Session& session, const title::TitleRecord& record, const std::string& jws) {
  SWARMA_RETURN_IF_ERROR(
      session.execute("INSERT INTO grant_records (title_id, revision, jws) VALUES ($1, $2, $3) ON CONFLICT (title_id, "
                      "revision) DO NOTHING",
                      {record.id.text(), record.revision, jws}));
  return {};
}

Result<std::string> find_grant(db::Session& session, const std::string& id) {
  SWARMA_TRY(const db::Rows rows, session.query("SELECT jws FROM grant_issued WHERE grant_id = $1", {id}));
  if (rows.empty())
    return fail(ErrorCode::Internal, "bad_row", "A kept answer names a grant that is not there. Please report this.");
  return rows.front().text(0);
}

Result<Evidence> find_evidence(db::Database& database, std::string_view grant_id, const attest::Revoker& by,
                               std::vector<std::string> own_issuers) {
  SWARMA_TRY(
      const db::Rows rows,
      database.query("SELECT i.jws, u.attestations, r.jws FROM grant_issued i JOIN grant_unlocks u ON u.unlock_id "
                     "= i.unlock_id JOIN grant_records r ON r.title_id = u.title_id AND r.revision = u.revision "
                     "WHERE i.grant_id = $1 AND ($2 = 1 OR u.viewer = $3 OR u.creator_jkt = $3)",
                     {std::string(grant_id), std::int64_t{by.operator_of_node ? 1 : 0}, by.jkt}));
  if (rows.empty())
    return fail(ErrorCode::NotFound, "grant_not_found", "There is no such grant, or its unlock has ended.");
  const db::Row& row = rows.front();
  Evidence out{.record = row.text(2), .grant = row.text(0), .attestations = {}, .issuers = std::move(own_issuers)};
  SWARMA_TRY(const Json attestations, parse_json(row.text(1)));
  for (const Json& jws : attestations) out.attestations.push_back(jws.get<std::string>());
  return out;
}

}  // namespace swarma::access::grant
