#include "access/pass/holder.h"

#include <nlohmann/json.hpp>

#include "access/pass/pass.h"
#include "crypto/jws.h"

namespace swarma::access::pass {
namespace {

std::unexpected<Error> bad(const std::string& why) {
  return fail(ErrorCode::Forbidden, "holder_proof_bad",
              "This is no proof that the holder of the pass lets this viewer use it: " + why);
}

}  // namespace

Result<std::string> verify_holder(std::string_view jws, const HolderStatement& expected) {
  const auto verified = crypto::verify_self_signed_jws(jws, kHolderTyp, kMaxHolderProofBytes);
  if (!verified) return bad(verified.error().message);
  const auto& [holder, claims] = *verified;
  const JsonReader reader(claims, "proof");
  const auto viewer = reader.text("viewer", 64), nonce = reader.text("nonce", 64);
  const auto at = reader.instant("iat");
  if (!viewer || *viewer != expected.viewer) return bad("it is for another viewer.");
  if (!nonce || *nonce != expected.nonce) return bad("it is for another purpose.");
  if (!at || *at > expected.now + kPassSkew ||
      Expiry(*at, kHolderProofLife).has_passed(expected.now - std::chrono::seconds(1)))
    return bad("it is not of now.");
  return crypto::thumbprint(holder.public_key());
}

}  // namespace swarma::access::pass
