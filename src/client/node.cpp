#include "client/node.h"

#include <nlohmann/json.hpp>

#include "base/random.h"
#include "crypto/dpop.h"
#include "crypto/hash.h"
#include "net/problem.h"

namespace swarma::client {
namespace {

constexpr std::size_t kMaxAnswerBytes = 1 << 20;
constexpr std::size_t kMaxNonceBytes = 256;

bool is_success(const Result<net::ClientResponse>& answer) {
  return answer && answer->status >= 200 && answer->status < 300;
}

bool is_worth_repeating(const Result<net::ClientResponse>& answer, const Error& error) {
  if (!answer) return error.code == ErrorCode::Unavailable;
  return answer->status == 408 || answer->status == 429 || answer->status >= 500 ||
         error.reason == "request_in_progress";
}

/// A node's own 413 is a problem document; this one came from something in between.
Error refused_by_proxy(std::size_t bytes) {
  return {ErrorCode::TooLarge, "proxy_body_limit",
          "The proxy in front of the node refused a request of " + std::to_string(bytes) +
              " bytes (HTTP status 413). Raise its limit for bodies and run the command again, which goes on where it "
              "stopped: client_max_body_size 256m in nginx, request_body max_size 256MB in Caddy."};
}

}  // namespace

Node::Node(net::HttpClient& http, NodeOptions options, const crypto::SigningKey& key, const Clock& clock)
    : http_(http), options_(std::move(options)), key_(key), clock_(clock) {
  while (options_.url.ends_with('/')) options_.url.pop_back();
}

std::string Node::nonce() const {
  const std::lock_guard lock(mutex_);
  return nonce_;
}

void Node::keep_nonce(std::string_view nonce) {
  if (nonce.empty() || nonce.size() > kMaxNonceBytes) return;
  const std::lock_guard lock(mutex_);
  nonce_ = nonce;
}

Result<net::ClientResponse> Node::send_once(const std::string& method, const std::string& path,
                                            const net::Headers& headers, std::string_view body,
                                            const std::string& body_digest) {
  SWARMA_TRY(const std::string htu, crypto::normalise_htu(options_.url + path));
  const std::size_t query = path.find('?');
  const crypto::DpopClaims claims{
      .method = method,
      .url = htu,
      .nonce = nonce(),
      .body_digest = body_digest,
      .access_token = options_.token,
      .extras = crypto::describe_extras(
          {.query = query == path.npos ? std::string_view() : std::string_view(path).substr(query + 1)})};
  net::ClientRequest request{.method = method, .url = options_.url + path, .headers = headers, .body = body};
  request.headers.set("DPoP", crypto::make_dpop_proof(key_, claims, clock_.now()));
  if (!options_.token.empty()) request.headers.set("Authorization", "DPoP " + options_.token);
  auto answer = http_.send(request);
  if (answer) keep_nonce(answer->headers.get("DPoP-Nonce"));
  return answer;
}

Result<net::ClientResponse> Node::send_signed(const std::string& method, const std::string& path,
                                              const net::Headers& headers, std::string_view body,
                                              std::string body_digest) {
  if (body_digest.empty() && !body.empty()) body_digest = to_base64url(crypto::sha256(view(body)));
  Attempts attempts(options_.patience);
  for (;;) {
    auto answer = send_once(method, path, headers, body, body_digest);
    // The first request of all has no nonce yet, and a slow upload may outlive one: ask again with the one just given.
    if (answer && answer->status == 401 && net::read_problem(*answer).reason == "use_dpop_nonce")
      answer = send_once(method, path, headers, body, body_digest);
    if (is_success(answer)) return answer;
    Error error = answer ? net::read_problem(*answer) : answer.error();
    if (error.code == ErrorCode::TooLarge && error.reason == net::kNoProblem) error = refused_by_proxy(body.size());
    if (!is_worth_repeating(answer, error) || !attempts.wait(error.retry_after))
      return std::unexpected(std::move(error));
  }
}

Result<Json> Node::post(const std::string& path, const Json& body) {
  net::Headers headers;
  headers.set("Content-Type", "application/json");
  headers.set("Accept", "application/json, application/problem+json");
  headers.set("Idempotency-Key", to_base64url(random_array<16>()));
  SWARMA_TRY(const net::ClientResponse response, send_signed("POST", path, headers, body.dump()));
  if (response.body.size() > kMaxAnswerBytes)
    return fail(ErrorCode::TooLarge, "answer_too_large", "The node's answer is too large.");
  auto json = parse_json(response.body);
  if (!json || !json->is_object())
    return fail(ErrorCode::Corrupt, "answer_bad",
                "The node's answer to " + path + " is no JSON object: is this a Swarma node?");
  return json;
}

Result<NodeInfo> Node::read_info() {
  SWARMA_TRY(NodeInfo info, read_node_info(http_, options_.url));
  keep_nonce(info.nonce);
  return info;
}

Result<net::ClientResponse> Node::send_plain(const std::string& method, const std::string& path) {
  auto answer = http_.send({.method = method, .url = options_.url + path, .headers = {}, .body = {}});
  if (answer) keep_nonce(answer->headers.get("DPoP-Nonce"));
  return answer;
}

std::vector<Result<net::ClientResponse>> Node::head_all(std::span<const std::string> paths) {
  std::vector<net::ClientRequest> requests;
  for (const std::string& path : paths)
    requests.push_back({.method = "HEAD", .url = options_.url + path, .headers = {}, .body = {}});
  return http_.send_all(requests);
}

}  // namespace swarma::client
