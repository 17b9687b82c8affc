// For tests: what a holder's page signs.
#pragma once

#include <nlohmann/json.hpp>

#include "access/pass/holder.h"
#include "crypto/jws.h"

namespace swarma::access::pass::testing {

inline Result<std::string> prove_holder(const crypto::SigningKey& holder, const HolderStatement& statement) {
  return crypto::sign_jws_with_jwk(
      holder, kHolderTyp, {{"viewer", statement.viewer}, {"nonce", statement.nonce}, {"iat", statement.now.unix_s()}});
}

}  // namespace swarma::access::pass::testing
