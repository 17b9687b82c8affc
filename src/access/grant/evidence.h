// Evidence: one small file from which anybody can check, without asking a node, that a grant followed from these
// attestations under that policy of that record.
//
//   {"version":1, "record": title record (JWS), "grant": grant (JWS), "attestations": [JWS, …], "issuers": [DID, …]}
//
// "issuers" are the verifiers that the node accepts where the policy has no list of its own: the node's word, which
// whoever checks has to judge. What a file cannot show is named by check_evidence: counts, countries, revocations.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "access/attest/actions.h"
#include "access/policy/grant_claims.h"
#include "base/clock.h"
#include "db/database.h"
#include "title/title_record.h"

namespace swarma::access::grant {

inline constexpr std::size_t kMaxEvidenceBytes = 512 * 1024;
/// So long after it was issued a grant can still be asked about, at the most until its unlock ends.
inline constexpr std::chrono::days kGrantKept{7};

struct Evidence {
  std::string record, grant;              // JWS
  std::vector<std::string> attestations;  // JWS; of the unlock's first grant
  std::vector<std::string> issuers;       // DIDs
};
std::string evidence_json(const Evidence& evidence);

/// What was checked, in sentences, and what a file cannot show.
struct Findings {
  policy::GrantClaims grant;
  title::TitleRecord record;
  std::vector<std::string> shown, open;
};
/// Offline. BadRequest "evidence_bad" if it cannot be read; Forbidden "evidence_refuted" with what does not follow.
Result<Findings> check_evidence(std::string_view json);

// The rows behind it.

/// A grant that is final, in the transaction that makes it so.
Result<void> keep_grant(db::Session& session, const std::string& id, const std::string& unlock_id,
                        const std::string& jws, Instant now);
/// A revision of a title, once.
Result<void> keep_record(db::Session& session, const title::TitleRecord& record, const std::string& jws);
/// The grant that an Idempotency-Key stands for.
Result<std::string> find_grant(db::Session& session, const std::string& id);

/// By the viewer, the title's creator or the node's operator; NotFound "grant_not_found" for anybody else, and once it
/// is forgotten.
Result<Evidence> find_evidence(db::Database& database, std::string_view grant_id, const attest::Revoker& by,
                               std::vector<std::string> own_issuers);

}  // namespace swarma::access::grant
