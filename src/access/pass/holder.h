// A holder's word that another key may use what belongs to the holder's (`swarma-holder+jwt`). Viewers have a key for
// every title and one for each creator whose passes they hold; this joins the two for one purpose. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "crypto/keys.h"

namespace swarma::access::pass {

inline constexpr std::chrono::minutes kHolderProofLife{30};
inline constexpr std::size_t kMaxHolderProofBytes = 2 * 1024;
inline constexpr std::string_view kHolderTyp = "swarma-holder+jwt";

struct HolderStatement {
  std::string viewer;  // jkt of the key that may use it
  std::string nonce;   // what for: an action's id, or a title's where a pass is asked for
  Instant now;
};

/// The jkt of the holder. Forbidden "holder_proof_bad".
Result<std::string> verify_holder(std::string_view jws, const HolderStatement& expected);

}  // namespace swarma::access::pass
