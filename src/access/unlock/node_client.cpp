#include "access/unlock/node_client.h"

#include <nlohmann/json.hpp>
#include <thread>

#include "base/random.h"
#include "crypto/dpop.h"
#include "crypto/hash.h"
#include "net/problem.h"

namespace swarma::access::unlock {
namespace {

constexpr std::size_t kMaxAnswerBytes = 1 << 20;
constexpr std::size_t kMaxNonce = 256;

// A node in trouble is asked again this often, and not waited for longer each time.
constexpr int kRepeats = 2;
constexpr std::chrono::seconds kLongestWait{5};

}  // namespace

Result<net::ClientResponse> NodeClient::send(const std::string& url, const std::string& body,
                                             const std::string& idempotency_key) {
  SWARMA_TRY(const std::string htu, crypto::normalise_htu(url));
  const crypto::DpopClaims claims{
      .method = "POST", .url = htu, .nonce = nonce_, .body_digest = to_base64url(crypto::sha256(view(body)))};
  net::ClientRequest request;
  request.method = "POST";
  request.url = url;
  request.body = body;
  request.headers.set("Content-Type", "application/json");
  request.headers.set("Accept", "application/json, application/problem+json");
  request.headers.set("Idempotency-Key", idempotency_key);
  request.headers.set("DPoP", crypto::make_dpop_proof(key_, claims, clock_.now()));
  SWARMA_TRY(auto response, http_.send(request));
  if (const auto nonce = response.headers.get("DPoP-Nonce"); !nonce.empty() && nonce.size() <= kMaxNonce)
    nonce_ = std::string(nonce);
  return response;
}

namespace {

bool is_success(const net::ClientResponse& response) {
  return response.status >= 200 && response.status < 300;
}

/// How long a node that is in trouble for a moment asks us to wait, if that is worth waiting for.
std::optional<std::chrono::seconds> short_wait(const net::ClientResponse& response) {
  const Error problem = net::read_problem(response);
  const bool passing = response.status == 503 || problem.reason == "request_in_progress";
  if (!passing || !problem.retry_after || *problem.retry_after > kLongestWait) return std::nullopt;
  return problem.retry_after;
}

}  // namespace

Result<net::ClientResponse> NodeClient::send_with_nonce(const std::string& url, const std::string& body,
                                                        const std::string& idempotency_key) {
  const std::string nonce_before = nonce_;
  SWARMA_TRY(auto response, send(url, body, idempotency_key));
  if (response.status == 401 && net::read_problem(response).reason == "use_dpop_nonce" && nonce_ != nonce_before)
    return send(url, body, idempotency_key);
  return response;
}

Result<Json> NodeClient::post(const std::string& path, const Json& body) {
  const std::string url = url_ + path, text = body.dump(), key = to_base64url(random_array<16>());
  SWARMA_TRY(auto response, send_with_nonce(url, text, key));
  for (int again = 0; again < kRepeats && !is_success(response); ++again) {
    const auto wait = short_wait(response);
    if (!wait) break;
    std::this_thread::sleep_for(*wait);
    SWARMA_TRY(response, send_with_nonce(url, text, key));
  }
  if (!is_success(response)) return std::unexpected(net::read_problem(response));
  if (response.body.size() > kMaxAnswerBytes)
    return fail(ErrorCode::TooLarge, "answer_too_large", "The node's answer is too large.");
  auto json = parse_json(response.body);
  if (!json || !json->is_object())
    return fail(ErrorCode::Corrupt, "answer_bad",
                "The node's answer to " + path + " is no JSON object: is this a Swarma node?");
  return json;
}

}  // namespace swarma::access::unlock
