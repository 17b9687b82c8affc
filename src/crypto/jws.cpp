#include "crypto/jws.h"

#include <nlohmann/json.hpp>

namespace swarma::crypto {
namespace {

std::unexpected<Error> bad_jws(std::string message) {
  return fail(ErrorCode::BadRequest, "bad_jws", std::move(message));
}

/// The three parts of a compact JWS, views into the received text.
struct Parts {
  std::string_view header;
  std::string_view payload;
  std::string_view signature;
  std::string_view signed_text;  // header.payload
};

Result<Parts> split(std::string_view jws, std::size_t max_bytes) {
  if (jws.size() > max_bytes)
    return fail(ErrorCode::TooLarge, "jws_too_large",
                "A signed object is larger than " + std::to_string(max_bytes) + " bytes.");
  const std::size_t first = jws.find('.');
  const std::size_t second = first == jws.npos ? jws.npos : jws.find('.', first + 1);
  if (second == jws.npos || jws.find('.', second + 1) != jws.npos)
    return bad_jws("A signed object must have three parts: header.payload.signature.");
  return Parts{jws.substr(0, first), jws.substr(first + 1, second - first - 1), jws.substr(second + 1),
               jws.substr(0, second)};
}

Result<Json> decode_object(std::string_view part, const char* what) {
  const auto bytes = parse_base64url(part);
  if (!bytes) return bad_jws(std::string("The ") + what + " of a signed object is not canonical base64url.");
  auto json = parse_json(as_text(*bytes));
  if (!json) return bad_jws(std::string("The ") + what + " of a signed object: " + json.error().message);
  if (!json->is_object()) return bad_jws(std::string("The ") + what + " of a signed object must be a JSON object.");
  return json;
}

bool is_text(const Json& object, const char* name, std::string_view value) {
  const auto it = object.find(name);
  return it != object.end() && it->is_string() && it->get_ref<const std::string&>() == value;
}

/// What every header must satisfy before a key is chosen.
Result<Json> decode_header(std::string_view part, std::string_view typ) {
  SWARMA_TRY(Json header, decode_object(part, "header"));
  if (!is_text(header, "alg", "EdDSA") && !is_text(header, "alg", "Ed25519"))
    return bad_jws("A signed object must use the algorithm EdDSA.");
  if (header.contains("crit")) return bad_jws("A signed object has critical extensions, and we know none.");
  if (!is_text(header, "typ", typ))
    return fail(ErrorCode::BadRequest, "wrong_jws_type",
                "A signed object of the type " + std::string(typ) + " was expected.");
  return header;
}

std::unexpected<Error> bad_signature(const Did& signer) {
  return fail(
      ErrorCode::Corrupt, "bad_signature",
      "The signature does not fit: the object was changed, or somebody else than " + signer.text() + " signed it.");
}

/// The only key of a did:key, as a DID URL.
std::string key_url(const Did& did) {
  return did.text() + "#" + did.text().substr(std::string_view("did:key:").size());
}

Result<void> check_signature(const Parts& parts, const Did& signer) {
  const auto signature = parse_base64url(parts.signature);
  if (!signature) return bad_jws("The signature of a signed object is not canonical base64url.");
  if (!verify(signer, view(parts.signed_text), *signature)) return bad_signature(signer);
  return {};
}

Result<void> check_header(const Parts& parts, std::string_view typ, const Did& signer) {
  SWARMA_TRY(const Json header, decode_header(parts.header, typ));
  if (header.contains("kid") && !is_text(header, "kid", signer.text()) && !is_text(header, "kid", key_url(signer)))
    return fail(ErrorCode::Corrupt, "wrong_signer", "A signed object names another signer than " + signer.text() + ".");
  return {};
}

Result<std::string> sign_with_header(const SigningKey& key, std::string_view header, const Json& payload) {
  SWARMA_TRY(const std::string canonical, canonical_json(payload));
  std::string text = to_base64url(view(header));
  text.reserve(text.size() + canonical.size() * 4 / 3 + 92);
  text.push_back('.');
  text += to_base64url(view(canonical));
  const Signature signature = key.sign(view(text));
  text.push_back('.');
  text += to_base64url(signature);
  return text;
}

}  // namespace

// Headers are written by hand, in canonical order: a DID, a base64url key and our own type names need no escapes.

Result<std::string> sign_jws(const SigningKey& key, std::string_view typ, const Json& payload) {
  return sign_with_header(
      key, R"({"alg":"EdDSA","kid":")" + key.did().text() + R"(","typ":")" + std::string(typ) + R"("})", payload);
}

Result<std::string> sign_credential(const SigningKey& key, const Json& payload) {
  return sign_with_header(key, R"({"alg":"EdDSA","cty":"vc","kid":")" + key_url(key.did()) + R"(","typ":"vc+jwt"})",
                          payload);
}

Result<std::string> sign_jws_with_jwk(const SigningKey& key, std::string_view typ, const Json& payload) {
  return sign_with_header(key,
                          R"({"alg":"EdDSA","jwk":{"crv":"Ed25519","kty":"OKP","x":")" +
                              to_base64url(key.did().public_key()) + R"("},"typ":")" + std::string(typ) + R"("})",
                          payload);
}

Result<Json> verify_jws(std::string_view jws, std::string_view typ, const Did& signer, std::size_t max_bytes) {
  SWARMA_TRY(const Parts parts, split(jws, max_bytes));
  SWARMA_RETURN_IF_ERROR(check_header(parts, typ, signer));
  SWARMA_RETURN_IF_ERROR(check_signature(parts, signer));
  return decode_object(parts.payload, "payload");
}

Result<Json> peek_jws(std::string_view jws, std::size_t max_bytes) {
  SWARMA_TRY(const Parts parts, split(jws, max_bytes));
  return decode_object(parts.payload, "payload");
}

Result<std::pair<Did, Json>> verify_self_signed_jws(std::string_view jws, std::string_view typ, std::size_t max_bytes) {
  SWARMA_TRY(const Parts parts, split(jws, max_bytes));
  SWARMA_TRY(const Json header, decode_header(parts.header, typ));
  const auto jwk = header.find("jwk");
  if (jwk == header.end()) return bad_jws("The header must carry the signer's public key as \"jwk\".");
  SWARMA_TRY(Did signer, did_from_jwk(*jwk));
  SWARMA_RETURN_IF_ERROR(check_signature(parts, signer));
  SWARMA_TRY(Json payload, decode_object(parts.payload, "payload"));
  return std::pair(std::move(signer), std::move(payload));
}

}  // namespace swarma::crypto
