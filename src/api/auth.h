// Who sent a request: DPoP proofs (RFC 9449) of viewers, of the node's owner, and of keys that hold a token of the
// owner.
#pragma once

#include <string>
#include <string_view>

#include "api/services.h"
#include "net/http.h"
#include "once/proofs.h"

namespace swarma::api {

struct Caller {
  crypto::Did did;
  std::string jkt;
  once::ProofUse proof;
  std::string base_url;     // scheme://host[:port] of this node that the proof was made for
  std::string body_digest;  // of the body that the proof was made for
};

/// base64url SHA-256 of a request's body; empty for no body.
std::string body_digest(const net::Request& request);

/// The digest of a body that is yet to arrive: the proof must name one, and the caller compares Caller::body_digest.
inline constexpr std::string_view kBodyFollows = "*";

/// Verifies the proof for this request: exactly one DPoP header, method, URL, body digest, fresh nonce. The URL must be
/// this node's: under --public-url, or at the address that the connection came to; what the Host header says proves
/// nothing. Does not record the proof: for callers that record it in a transaction of their own. Unauthenticated
/// "invalid_dpop_proof", "use_dpop_nonce", "unknown_address".
Result<Caller> check_proof(Services& services, const net::Request& request, std::string_view digest,
                           std::string_view token = {});

/// As check_proof and check_room, and the proof is used up: Unauthenticated "replayed_proof" the second time.
Result<Caller> authenticate_viewer(Services& services, const net::Request& request);

/// The owner's key, or a key with a valid token of scope "publish": Forbidden "not_owner", Unauthenticated "token_bad",
/// "token_expired". `digest` is what the body will have, or kBodyFollows; by default that of the body that is here.
Result<Caller> authenticate_creator(Services& services, const net::Request& request);
Result<Caller> authenticate_creator(Services& services, const net::Request& request, std::string_view digest);

/// With a full disk only the owner is let in, to look, to remove and to sign in; what he writes goes into the reserve
/// (base/disk_reserve.h). Io "disk_full" for everybody and everything else. Asked before anything is written.
Result<void> check_room(Services& services, const net::Request& request, bool by_owner);

/// Whether a caller may act for the node: the owner or a token holder who proved it in this request.
bool is_owner(const Services& services, const Caller& caller);

/// A token for `holder`, signed by the owner's key.
Result<std::string> issue_token(Services& services, const std::string& holder_jkt, Expiry expires_at);

}  // namespace swarma::api
