// What became of the attestations of each verifier, its own and foreign ones: counts that all nodes of a database
// share. They are counted from the rows of the attestations while these are kept, and added up when they are forgotten,
// so nothing is written for them when somebody unlocks.
#pragma once

#include <map>
#include <string>
#include <tuple>

#include "base/clock.h"
#include "db/database.h"

namespace swarma::access::attest {

struct Outcomes {
  std::int64_t issued = 0;        // of a foreign verifier: shown here
  std::int64_t used = 0;          // for a grant
  std::int64_t revoked = 0;       // by the viewer, the creator or the node's operator
  std::int64_t contradicted = 0;  // what they rested on was taken back later
};
using VerifierName = std::tuple<std::string, std::string, std::string>;  // issuer, requirement, variant

Result<std::map<VerifierName, Outcomes>> count_outcomes(db::Database& database);

/// Adds up those that expire at or before the limit, which the caller then deletes in the same transaction.
Result<void> keep_outcomes(db::Session& session, Expiry limit);

/// What these attestations rest on was taken back. Other nodes hear of it; here the basis itself opens nothing more.
Result<void> contradict(db::Session& session, const std::string& basis, Instant now);

}  // namespace swarma::access::attest
