#include "access/attest/id_token.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "crypto/hash.h"
#include "crypto/secret.h"

namespace swarma::access::attest {
namespace {

constexpr std::size_t kMaxKeys = 64;
constexpr std::size_t kMaxAudiences = 16;

std::unexpected<Error> bad_token(std::string_view what) {
  return fail(ErrorCode::Forbidden, "oauth_token_bad",
              "What the platform said about your account cannot be trusted: " + std::string(what) +
                  " Sign in again; if it stays so, tell whoever runs this node.");
}

struct Parts {
  Json header, claims;
  std::string_view signed_text;
  Bytes signature;
};

Result<Json> decode(std::string_view part) {
  SWARMA_TRY(const Bytes bytes, parse_base64url(part));
  SWARMA_TRY(Json json, parse_json(as_text(bytes)));
  SWARMA_RETURN_IF_ERROR(JsonReader(json, "token").expect_object());
  return json;
}

Result<Parts> split(std::string_view token) {
  const std::size_t first = token.find('.'), second = token.rfind('.');
  if (token.size() > kMaxIdTokenBytes || first == token.npos || first == second || token.find('.', first + 1) != second)
    return bad_token("its ID token is not in three parts.");
  auto header = decode(token.substr(0, first)), claims = decode(token.substr(first + 1, second - first - 1));
  auto signature = parse_base64url(token.substr(second + 1));
  if (!header || !claims || !signature) return bad_token("its ID token cannot be read.");
  return Parts{*std::move(header), *std::move(claims), token.substr(0, second), *std::move(signature)};
}

Result<void> check_signature(const Parts& parts, const std::vector<ProviderKey>& keys, crypto::WebAlgorithm algorithm) {
  const JsonReader header(parts.header, "header");
  const auto name = header.text("alg", 16);
  if (!name || crypto::find_web_algorithm(*name) != algorithm)
    return bad_token("its ID token is not signed by the algorithm that was agreed on.");
  if (header.has("crit")) return bad_token("its ID token has critical extensions.");
  const auto kid = header.text_or("kid", 512, "");
  if (!kid) return bad_token("its ID token cannot be read.");
  bool known = false;
  for (const ProviderKey& key : keys) {
    if (!kid->empty() && key.id != *kid) continue;
    known = true;
    if (key.key.verify(algorithm, view(parts.signed_text), parts.signature)) return {};
  }
  if (!known)
    return fail(ErrorCode::NotFound, "oauth_key_unknown", "The platform signed with a key that it does not publish.");
  return bad_token("the signature of its ID token does not fit.");
}

Result<void> check_audience(const Json& claims, const std::string& client_id) {
  const auto found = claims.find("aud");
  std::vector<std::string> audiences;
  if (found != claims.end() && found->is_string()) audiences.push_back(found->get<std::string>());
  if (found != claims.end() && found->is_array() && found->size() <= kMaxAudiences)
    for (const Json& one : *found)
      if (one.is_string()) audiences.push_back(one.get<std::string>());
  if (std::ranges::find(audiences, client_id) == audiences.end())
    return bad_token("its ID token is meant for somebody else.");
  const bool needs_azp = audiences.size() > 1 || claims.contains("azp");
  if (needs_azp && claims.value("azp", Json()) != Json(client_id))
    return bad_token("its ID token was asked for by somebody else.");
  return {};
}

Result<void> check_times(const JsonReader& claims, Instant now) {
  const auto expires = claims.integer("exp", 0, std::int64_t{1} << 40);
  const auto issued = claims.integer("iat", 0, std::int64_t{1} << 40);
  if (!expires || Expiry(*expires).has_passed(now - kTokenClockSkew)) return bad_token("its ID token has expired.");
  if (!issued || Instant(*issued) > now + kTokenClockSkew || Instant(*issued) < now - kMaxIdTokenAge)
    return bad_token("its ID token was not made just now.");
  return {};
}

Result<void> check_access_token(const Json& claims, const std::string& access_token) {
  if (!claims.contains("at_hash")) return {};
  const crypto::Digest digest = crypto::sha256(view(access_token));
  if (claims.at("at_hash") != Json(to_base64url(ByteView(digest).first(digest.size() / 2))))
    return bad_token("its ID token belongs to another access token.");
  return {};
}

}  // namespace

std::vector<ProviderKey> read_provider_keys(const Json& jwks, crypto::WebAlgorithm algorithm) {
  std::vector<ProviderKey> keys;
  const JsonReader reader(jwks, "key set");
  const auto list = reader.array("keys", kMaxKeys);
  if (!list) return keys;
  for (const Json& jwk : **list) {
    const JsonReader one(jwk, "key");
    if (!one.expect_object() || one.text_or("use", 16, "sig").value_or("") != "sig") continue;
    const auto named = one.text_or("alg", 16, "");
    if (!named || (!named->empty() && crypto::find_web_algorithm(*named) != algorithm)) continue;
    const bool kind_fits = one.text("kty", 8).value_or("") == (algorithm == crypto::WebAlgorithm::Rs256 ? "RSA" : "EC");
    auto key = crypto::WebKey::from_jwk(jwk);
    auto id = one.text_or("kid", 512, "");
    if (kind_fits && key && id) keys.push_back({*std::move(id), *std::move(key)});
  }
  return keys;
}

Result<std::string> check_id_token(std::string_view token, const std::vector<ProviderKey>& keys,
                                   const ExpectedIdToken& expected) {
  SWARMA_TRY(const Parts parts, split(token));
  SWARMA_RETURN_IF_ERROR(check_signature(parts, keys, expected.algorithm));
  const JsonReader claims(parts.claims, "ID token");
  if (claims.text("iss", 2048).value_or("") != expected.issuer) return bad_token("its ID token is of another issuer.");
  SWARMA_RETURN_IF_ERROR(check_audience(parts.claims, expected.client_id));
  SWARMA_RETURN_IF_ERROR(check_times(claims, expected.now));
  const std::string nonce = claims.text("nonce", 256).value_or("");
  if (!crypto::equal_in_constant_time(view(nonce), view(expected.nonce)))
    return bad_token("its ID token is not for this sign-in.");
  SWARMA_RETURN_IF_ERROR(check_access_token(parts.claims, expected.access_token));
  const std::string subject = claims.text("sub", 255).value_or("");
  if (subject.empty()) return bad_token("its ID token does not say who you are.");
  return subject;
}

}  // namespace swarma::access::attest
