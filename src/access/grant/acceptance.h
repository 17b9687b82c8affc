// The word of a key agent that is elsewhere, when a title of its is published at a fabric (swarma-accepted+jwt): it can
// open the sealed package, it will answer for the title, and what the fabric has to know of the package: its codes,
// salted and under Argon2id, as a fabric with the agent in its own process would keep them (access/attest/code_book.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "access/attest/code_book.h"
#include "access/grant/key_agent.h"

namespace swarma::access::grant {

inline constexpr std::size_t kMaxAcceptanceBytes = 128 * 1024;  // the hashes of title::kMaxCodes codes, and room

/// Opens the package, checks that the terms fit the title, and signs. Slow where there are codes. `master` gives each
/// list of the title the same salt again, so that a fabric keeps the counts of codes through revisions.
Result<std::string> sign_acceptance(LocalKeyAgent& agent, const crypto::SigningKey& signing,
                                    const crypto::SecretKey& master, const std::string& record_jws,
                                    const std::string& sealed);

/// The codes, of a record whose agent is not this node's. Forbidden "acceptance_bad" when it is not by the agent that
/// the record names, or about something else; Corrupt and BadRequest for the record and its terms.
Result<std::vector<attest::HashedCode>> verify_acceptance(std::string_view acceptance, const std::string& record_jws,
                                                          const std::string& sealed);

}  // namespace swarma::access::grant
