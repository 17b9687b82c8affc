#include "access/unlock/node_client.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/random.h"
#include "crypto/dpop.h"
#include "crypto/hash.h"

namespace swarma::access::unlock {
namespace {

constexpr std::size_t kMaxAnswerBytes = 1 << 20;
constexpr std::size_t kMaxSentence = 500;
constexpr std::size_t kMaxUnmetShown = 8;
constexpr std::size_t kMaxNonce = 256;

ErrorCode code_of(int status) {
  switch (status) {
    case 401: return ErrorCode::Unauthenticated;
    case 402: return ErrorCode::PaymentRequired;
    case 403: return ErrorCode::Forbidden;
    case 404: return ErrorCode::NotFound;
    case 409: return ErrorCode::Conflict;
    case 413: return ErrorCode::TooLarge;
    case 415:
    case 422: return ErrorCode::Unsupported;
    case 429: return ErrorCode::TooMany;
    default: return status >= 500 ? ErrorCode::Unavailable : ErrorCode::BadRequest;
  }
}

/// A node's text in our terminal: no control characters, not too long, cut between characters.
std::string cleaned(std::string text) {
  std::erase_if(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  if (text.size() <= kMaxSentence) return text;
  std::size_t end = kMaxSentence;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  text.resize(end);
  return text + "…";
}

std::string text_member(const Json& json, const char* name) {
  const auto it = json.find(name);
  return it != json.end() && it->is_string() ? cleaned(it->get<std::string>()) : std::string();
}

bool is_reason(std::string_view text) {
  return !text.empty() && text.size() <= 64 &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

}  // namespace

Error problem_error(int status, std::string_view body) {
  Error error{code_of(status), "refused", "The node answered with HTTP status " + std::to_string(status) + "."};
  if (body.size() > kMaxAnswerBytes) return error;
  const auto json = parse_json(body);
  if (!json || !json->is_object()) return error;
  const std::string type = text_member(*json, "type");
  if (const std::string reason = type.substr(type.rfind('/') + 1); is_reason(reason)) error.reason = reason;
  if (std::string detail = text_member(*json, "detail"); !detail.empty()) error.message = std::move(detail);
  const auto unmet = json->find("unmet");
  if (unmet == json->end() || !unmet->is_array()) return error;
  for (std::size_t i = 0; i < std::min(unmet->size(), kMaxUnmetShown); ++i) {
    if (!(*unmet)[i].is_object()) continue;
    const std::string how = text_member((*unmet)[i], "how");
    if (!how.empty() && error.message.find(how) == std::string::npos) error.message += " " + how;
  }
  return error;
}

Result<net::ClientResponse> NodeClient::send(const std::string& url, const std::string& body, const std::string& idempotency_key) {
  SWARMA_TRY(const std::string htu, crypto::normalise_htu(url));
  const crypto::DpopClaims claims{"POST", htu, nonce_, to_base64url(crypto::sha256(view(body))), ""};
  net::ClientRequest request;
  request.method = "POST";
  request.url = url;
  request.body = body;
  request.headers.set("Content-Type", "application/json");
  request.headers.set("Accept", "application/json, application/problem+json");
  request.headers.set("Idempotency-Key", idempotency_key);
  request.headers.set("DPoP", crypto::make_dpop_proof(key_, claims, clock_.seconds()));
  SWARMA_TRY(auto response, http_.send(request));
  if (const auto nonce = response.headers.get("DPoP-Nonce"); !nonce.empty() && nonce.size() <= kMaxNonce) nonce_ = std::string(nonce);
  return response;
}

Result<Json> NodeClient::post(const std::string& path, const Json& body) {
  const std::string url = url_ + path, text = body.dump(), key = to_base64url(random_array<16>());
  const std::string nonce_before = nonce_;
  SWARMA_TRY(auto response, send(url, text, key));
  if (response.status == 401 && problem_error(401, response.body).reason == "use_dpop_nonce" && nonce_ != nonce_before) {
    SWARMA_TRY(response, send(url, text, key));
  }
  if (response.status < 200 || response.status > 299) return std::unexpected(problem_error(response.status, response.body));
  if (response.body.size() > kMaxAnswerBytes) return fail(ErrorCode::TooLarge, "answer_too_large", "The node's answer is too large.");
  auto json = parse_json(response.body);
  if (!json || !json->is_object())
    return fail(ErrorCode::Corrupt, "answer_bad", "The node's answer to " + path + " is no JSON object: is this a Swarma node?");
  return json;
}

}  // namespace swarma::access::unlock
