// Who may come in: the proof, the token, the room on the disk.

#include <algorithm>
#include <nlohmann/json.hpp>

#include "api/door.h"
#include "base/json.h"
#include "crypto/jws.h"

namespace swarma::api {
namespace {

constexpr std::size_t kMaxTokenBytes = 4096;
constexpr std::string_view kScope = "publish";

std::unexpected<Error> bad_token(std::string reason, std::string message) {
  return fail(ErrorCode::Unauthenticated, std::move(reason), std::move(message));
}

/// The token of `Authorization: DPoP <token>`, or empty.
Result<std::string_view> find_token(const net::Request& request) {
  static constexpr std::string_view kPrefix = "DPoP ";
  const std::string_view value = request.headers.get("Authorization");
  if (value.empty()) return std::string_view{};
  if (request.headers.count("Authorization") != 1 || !value.starts_with(kPrefix))
    return bad_token("token_bad", "Authorization must be \"DPoP <token>\", once.");
  return value.substr(kPrefix.size());
}

std::string extras_of(const net::Request& request) {
  const net::Headers& headers = request.headers;
  return crypto::describe_extras({.query = request.query,
                                  .upload_length = headers.get("Upload-Length"),
                                  .upload_offset = headers.get("Upload-Offset"),
                                  .upload_metadata = headers.get("Upload-Metadata")});
}

/// scheme://host[:port] of a URL.
std::string origin_of(const std::string& url) {
  return url.substr(0, url.find('/', url.find("://") + 3));
}

/// The URLs by which this node knows the resource of a request, one at least.
Result<std::vector<std::string>> own_urls(const std::string& public_url, const net::Request& request) {
  std::vector<std::string> bases;
  if (!public_url.empty()) bases.push_back(public_url);
  if (!request.local_url.empty()) bases.push_back(request.local_url);
  for (const std::string_view loopback : {"://127.", "://[::1]:"})
    if (const std::size_t at = request.local_url.find(loopback); at != std::string::npos)
      bases.push_back(request.local_url.substr(0, at) + "://localhost" +
                      request.local_url.substr(request.local_url.rfind(':')));
  std::vector<std::string> urls;
  for (const std::string& base : bases) {
    SWARMA_TRY(std::string url, crypto::normalise_htu(base + request.path));
    urls.push_back(std::move(url));
  }
  SWARMA_TRY(const std::string asked, crypto::normalise_htu(request.base_url + request.path));
  if (std::ranges::find(urls, asked) == urls.end())
    return fail(
        ErrorCode::Unauthenticated, "unknown_address",
        "This node does not know that it is reached at " + origin_of(asked) +
            ", so a proof for that address is good for nothing here. Its operator starts it with --public-url " +
            origin_of(asked) + ".");
  return urls;
}

}  // namespace

Result<Caller> Door::admit(const net::Request& request, Auth auth, std::string_view digest) const {
  SWARMA_TRY(const std::string_view token, auth == Auth::Creator ? find_token(request) : std::string_view{});
  SWARMA_TRY(Caller caller, check_proof(request, digest, token));
  if (!token.empty()) {
    SWARMA_RETURN_IF_ERROR(check_token(token, caller.jkt));
  } else if (auth == Auth::Creator) {
    SWARMA_RETURN_IF_ERROR(admit_creator(*caller.did, {}));
  } else if (auth == Auth::Owner && !caller.is_owner) {
    return fail(ErrorCode::Forbidden, "not_owner", "Only the owner's key can let another key in.");
  }
  SWARMA_RETURN_IF_ERROR(check_room(request, caller.is_owner || auth == Auth::Creator));
  return caller;
}

Result<Caller> Door::check_proof(const net::Request& request, std::string_view digest, std::string_view token) const {
  if (request.headers.count("DPoP") != 1)
    return fail(ErrorCode::Unauthenticated,
                request.headers.count("DPoP") == 0 ? "proof_required" : "invalid_dpop_proof",
                "This request needs exactly one DPoP header with a proof by your key (RFC 9449).");
  const bool follows = digest == kBodyFollows;
  crypto::DpopClaims expected{.method = request.method,
                              .body_digest = std::string(follows ? "" : digest),
                              .access_token = std::string(token),
                              .extras = extras_of(request),
                              .body_follows = follows};
  SWARMA_TRY(std::vector<std::string> urls, own_urls(p_.public_url, request));
  expected.url = std::move(urls.front());
  expected.other_urls.assign(std::next(urls.begin()), urls.end());
  SWARMA_TRY(crypto::DpopProof proof,
             crypto::verify_dpop_proof(request.headers.get("DPoP"), expected, p_.nonces, p_.clock.now()));
  return Caller{.did = proof.signer,
                .jkt = proof.jkt,
                .is_owner = proof.signer == p_.owner.did(),
                .proof = {.jkt = proof.jkt, .jti = proof.jti, .issued_at = proof.issued_at},
                .base_url = origin_of(proof.url),
                .body_digest = proof.body_digest};
}

Result<void> Door::admit_creator(const crypto::Did& who, std::string_view token) const {
  if (who == p_.owner.did()) return {};
  if (token.empty())
    return fail(ErrorCode::Forbidden, "not_owner",
                "Only the owner of this node may do this. Use the owner's --data, or a token the owner issued.");
  return check_token(token, crypto::thumbprint(who.public_key()));
}

Result<std::vector<std::string>> Door::urls_of(const net::Request& request) const {
  return own_urls(p_.public_url, request);
}

/// The owner signed this token, for this holder, and it still holds.
Result<void> Door::check_token(std::string_view token, const std::string& holder_jkt) const {
  const auto payload = crypto::verify_jws(token, crypto::kTokenTyp, p_.owner.did(), kMaxTokenBytes);
  if (!payload) return bad_token("token_bad", "This token was not issued by the owner of this node.");
  const JsonReader reader(*payload, "token");
  SWARMA_TRY(const Json* confirmation, reader.object("cnf"));
  SWARMA_TRY(const std::string jkt, JsonReader(*confirmation, "token").text("jkt", 64));
  if (jkt != holder_jkt) return bad_token("token_wrong_holder", "This token belongs to another key.");
  SWARMA_TRY(const Expiry expires_at, reader.expiry("exp"));
  if (expires_at.has_passed(p_.clock.now()))
    return bad_token("token_expired", "This token has expired; ask the owner for a new one.");
  SWARMA_TRY(const std::string scope, reader.text("scope", 32));
  if (scope != kScope) return fail(ErrorCode::Forbidden, "token_scope", "This token does not allow publishing.");
  return {};
}

/// With a full disk only the owner is let in, to look, to remove and to sign in; what he writes goes into the reserve
/// (base/disk_reserve.h). Asked before anything is written.
Result<void> Door::check_room(const net::Request& request, bool by_owner) const {
  if (!p_.disk.is_full()) return {};
  const std::string& method = request.method;
  const bool makes_room = method == "GET" || method == "HEAD" || method == "DELETE" || request.path == "/v1/links" ||
                          request.path == "/v1/tokens";
  if (!by_owner || !makes_room) return DiskReserve::full();
  p_.disk.release();
  return {};
}

Result<std::string> Door::issue_token(const std::string& holder_jkt, Expiry expires_at) const {
  const Json payload = {{"iss", p_.owner.did().text()},
                        {"cnf", {{"jkt", holder_jkt}}},
                        {"scope", kScope},
                        {"iat", p_.clock.now().unix_s()},
                        {"exp", expires_at.unix_s()}};
  return crypto::sign_jws(p_.owner, crypto::kTokenTyp, payload);
}

}  // namespace swarma::api
