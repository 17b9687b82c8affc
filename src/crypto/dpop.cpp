#include "crypto/dpop.h"

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/random.h"
#include "crypto/hash.h"

namespace swarma::crypto {
namespace {

constexpr std::size_t kMaxUrlBytes = 2048;
constexpr std::size_t kMaxJtiBytes = 128;
constexpr std::size_t kMaxNonceBytes = 128;
constexpr std::size_t kMaxDigestBytes = 64;
constexpr std::int64_t kNonceSliceSeconds = 60;
constexpr int kNonceSlices = 3;  // the current one and two before it
constexpr std::size_t kNonceBytes = 16;

std::string digest_text(std::string_view text) {
  return to_base64url(sha256(view(text)));
}

std::unexpected<Error> bad_proof(std::string message) {
  return fail(ErrorCode::Unauthenticated, "invalid_dpop_proof", std::move(message));
}

std::unexpected<Error> nonce_needed() {
  return fail(ErrorCode::Unauthenticated, "use_dpop_nonce",
              "The DPoP proof must carry the nonce that this answer gives in its DPoP-Nonce header.");
}

/// A text claim, empty when absent; nothing when it is no text or too long.
std::optional<std::string> text_claim(const Json& claims, const char* name, std::size_t max_bytes) {
  const auto it = claims.find(name);
  if (it == claims.end()) return "";
  if (!it->is_string() || it->get_ref<const std::string&>().size() > max_bytes) return std::nullopt;
  return it->get<std::string>();
}

/// Fit for a log line and for any database column.
bool is_plain(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

bool same_url(const std::string& claimed, const std::string& expected) {
  if (claimed == expected) return true;
  const auto a = normalise_htu(claimed);
  const auto b = normalise_htu(expected);
  return a && b && *a == *b;
}

/// A digest claim must be there exactly when there is something to digest.
bool same_digest(const std::optional<std::string>& claimed, std::string_view expected) {
  return claimed && *claimed == expected;
}

/// Which of the addresses it is known by a request was proven for.
Result<std::string> check_url(const Json& claims, const DpopClaims& expected) {
  const auto url = text_claim(claims, "htu", kMaxUrlBytes);
  if (url && same_url(*url, expected.url)) return expected.url;
  if (url)
    for (const std::string& other : expected.other_urls)
      if (same_url(*url, other)) return other;
  return bad_proof("The DPoP proof was made for another address than " + expected.url + ".");
}

Result<void> check_request(const Json& claims, const DpopClaims& expected) {
  const auto method = text_claim(claims, "htm", 16);
  if (!method || *method != expected.method)
    return bad_proof("The DPoP proof was made for another method than " + expected.method + ".");
  const auto digest = text_claim(claims, "htd", kMaxDigestBytes);
  if (expected.body_follows ? !digest || digest->empty() : !same_digest(digest, expected.body_digest))
    return bad_proof(
        "The DPoP proof's \"htd\" must be the base64url SHA-256 of the request body, and absent without a body.");
  if (claims.contains("htx") && !same_digest(text_claim(claims, "htx", kMaxDigestBytes), digest_text(expected.extras)))
    return bad_proof("The DPoP proof was made for another query or other upload headers than came with it (\"htx\").");
  const std::string ath = expected.access_token.empty() ? "" : digest_text(expected.access_token);
  if (!same_digest(text_claim(claims, "ath", kMaxDigestBytes), ath))
    return bad_proof(
        "The DPoP proof's \"ath\" must be the base64url SHA-256 of the token, and absent without a token.");
  return {};
}

Result<Instant> check_time(const Json& claims, Instant now) {
  const auto issued_at = JsonReader(claims, "DPoP proof").instant("iat");
  if (!issued_at) return bad_proof("The DPoP proof must say when it was made (\"iat\", in seconds).");
  const std::chrono::seconds off = std::chrono::abs(*issued_at - now);
  if (off > kDpopSkew)
    return bad_proof("The DPoP proof was made " + std::to_string(off.count()) +
                     (*issued_at < now ? " seconds ago" : " seconds in the future") +
                     " by the server's clock; at most " + std::to_string(kDpopSkew.count()) + " are allowed.");
  return *issued_at;
}

}  // namespace

std::string describe_extras(const RequestExtras& extras) {
  std::string out;
  for (const auto& [name, value] :
       {std::pair("query", extras.query), std::pair("upload-length", extras.upload_length),
        std::pair("upload-offset", extras.upload_offset), std::pair("upload-metadata", extras.upload_metadata)})
    if (!value.empty()) out.append(name).append(": ").append(value).append("\n");
  return out;
}

std::string make_dpop_proof(const SigningKey& key, const DpopClaims& claims, Instant now) {
  Json payload = {
      {"jti", to_base64url(random_array<16>())}, {"htm", claims.method}, {"htu", claims.url}, {"iat", now.unix_s()}};
  if (!claims.nonce.empty()) payload["nonce"] = claims.nonce;
  if (!claims.body_digest.empty()) payload["htd"] = claims.body_digest;
  if (!claims.access_token.empty()) payload["ath"] = digest_text(claims.access_token);
  if (!claims.extras.empty()) payload["htx"] = digest_text(claims.extras);
  auto proof = sign_jws_with_jwk(key, kDpopTyp, payload);
  if (!proof) std::abort();  // texts and one small integer always have a canonical form
  return *std::move(proof);
}

Result<DpopProof> verify_dpop_proof(std::string_view proof, const DpopClaims& expected, Instant now) {
  auto verified = verify_self_signed_jws(proof, kDpopTyp);
  if (!verified) return bad_proof("The DPoP proof is not valid. " + verified.error().message);
  auto& [signer, claims] = *verified;
  SWARMA_TRY(std::string url, check_url(claims, expected));
  SWARMA_RETURN_IF_ERROR(check_request(claims, expected));
  auto nonce = text_claim(claims, "nonce", kMaxNonceBytes);
  if (!nonce || (!expected.nonce.empty() && *nonce != expected.nonce)) return nonce_needed();
  SWARMA_TRY(const Instant issued_at, check_time(claims, now));
  auto jti = text_claim(claims, "jti", kMaxJtiBytes);
  if (!jti || !is_plain(*jti))
    return bad_proof("The DPoP proof must have a \"jti\" of its own, of printable ASCII characters.");
  std::string jkt = thumbprint(signer.public_key());
  return DpopProof{.signer = std::move(signer),
                   .jkt = std::move(jkt),
                   .jti = *std::move(jti),
                   .issued_at = issued_at,
                   .nonce = *std::move(nonce),
                   .url = std::move(url),
                   .body_digest = text_claim(claims, "htd", kMaxDigestBytes).value_or("")};
}

Result<DpopProof> verify_dpop_proof(std::string_view proof, const DpopClaims& expected, const DpopNonces& nonces,
                                    Instant now) {
  SWARMA_TRY(DpopProof verified, verify_dpop_proof(proof, expected, now));
  if (!nonces.accepts(verified.nonce, now)) return nonce_needed();
  return verified;
}

std::string DpopNonces::of_slice(std::int64_t slice) const {
  const Digest mac = hmac_sha256(secret_.expose(), view("swarma/1 dpop nonce " + std::to_string(slice)));
  return to_base64url(ByteView(mac).first(kNonceBytes));
}

std::string DpopNonces::current(Instant now) const {
  return of_slice(now.unix_s() / kNonceSliceSeconds);
}

bool DpopNonces::accepts(std::string_view nonce, Instant now) const {
  for (int age = 0; age < kNonceSlices; ++age)
    if (equal_in_constant_time(view(nonce), view(of_slice(now.unix_s() / kNonceSliceSeconds - age)))) return true;
  return false;
}

}  // namespace swarma::crypto
