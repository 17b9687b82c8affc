#include "access/attest/outcomes.h"

namespace swarma::access::attest {
namespace {

// Attestations of before this was counted have no requirement.
constexpr std::string_view kCountRows =
    "SELECT issuer, requirement, variant, COUNT(*) AS issued, COUNT(used_at) AS used, "
    "COUNT(revoked_at) AS revoked, COUNT(contradicted_at) AS contradicted "
    "FROM attestations WHERE requirement <> '' ";
constexpr std::string_view kGroup = "GROUP BY issuer, requirement, variant ";

}  // namespace

Result<std::map<VerifierName, Outcomes>> count_outcomes(db::Database& database) {
  SWARMA_TRY(const db::Rows rows,
             database.query("SELECT issuer, requirement, variant, CAST(SUM(issued) AS BIGINT), "
                            "CAST(SUM(used) AS BIGINT), CAST(SUM(revoked) AS BIGINT), "
                            "CAST(SUM(contradicted) AS BIGINT) FROM (" +
                            std::string(kCountRows) + std::string(kGroup) +
                            "UNION ALL SELECT issuer, requirement, variant, issued, used, revoked, contradicted "
                            "FROM attest_outcomes) AS both_kinds " +
                            std::string(kGroup)));
  std::map<VerifierName, Outcomes> out;
  for (const db::Row& row : rows)
    out[{row.text(0), row.text(1), row.text(2)}] = {row.integer(3), row.integer(4), row.integer(5), row.integer(6)};
  return out;
}

Result<void> keep_outcomes(db::Session& session, Expiry limit) {
  SWARMA_RETURN_IF_ERROR(session.execute(
      "INSERT INTO attest_outcomes (issuer, requirement, variant, issued, used, revoked, contradicted) " +
          std::string(kCountRows) + "AND expires_at <= $1 " + std::string(kGroup) +
          "ON CONFLICT (issuer, requirement, variant) DO UPDATE SET issued = attest_outcomes.issued + excluded.issued, "
          "used = attest_outcomes.used + excluded.used, revoked = attest_outcomes.revoked + excluded.revoked, "
          "contradicted = attest_outcomes.contradicted + excluded.contradicted",
      {limit.unix_s()}));
  return {};
}

Result<void> contradict(db::Session& session, const std::string& basis, Instant now) {
  SWARMA_RETURN_IF_ERROR(session.execute(
      "UPDATE attestations SET contradicted_at = $2 WHERE basis = $1 AND basis <> '' AND contradicted_at IS NULL",
      {basis, now.unix_s()}));
  return {};
}

}  // namespace swarma::access::attest
