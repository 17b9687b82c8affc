// For tests: as much of a node as any client meets. It checks every proof, hands out nonces, and can be busy or refuse.
#pragma once

#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <thread>

#include "crypto/dpop.h"
#include "crypto/hash.h"
#include "crypto/keys.h"
#include "net/http_server.h"

namespace swarma::client::testing {

inline net::Response problem(int status, const std::string& reason, const std::string& detail) {
  net::Response response{
      .status = status, .headers = {}, .body = Json{{"type", "/problems/" + reason}, {"detail", detail}}.dump()};
  response.headers.set("Content-Type", "application/problem+json");
  return response;
}

inline net::Route route(std::string method, std::string pattern, std::size_t max_body, net::Handler handler) {
  return {.method = std::move(method),
          .pattern = std::move(pattern),
          .max_body = max_body,
          .handler = std::move(handler),
          .sink = {}};
}

/// Serves GET /v1/node and POST /v1/echo, which needs a proof and gives the body back.
class FakeNode {
 public:
  explicit FakeNode(crypto::Did owner, std::vector<net::Route> routes = {}) : owner_(std::move(owner)) {
    routes.push_back(route("GET", "/v1/node", 0, [this](const net::Request&) { return on_node(); }));
    routes.push_back(route("POST", "/v1/echo", 1 << 20, [this](const net::Request& r) { return on_echo(r); }));
    net::ServerOptions options;
    options.loops = 1;
    server_ = std::move(*net::HttpServer::create(options, std::move(routes), [](const net::Request&, const Error& e) {
      return problem(400, e.reason, e.message);
    }));
    thread_ = std::thread([this] { server_->run(); });
  }
  virtual ~FakeNode() { stop(); }
  std::string url() const { return server_->url(); }

  std::mutex mutex;
  std::string nonce = "nonce-1";
  int busy = 0;  // so many requests get 503
  std::string retry_after;
  std::string refuse;  // reason of a final refusal
  int asked_for_nonce = 0;
  std::vector<std::string> keys;  // Idempotency-Key of each signed request that was let through

 protected:
  /// Derived classes call it before their members go.
  void stop() {
    if (!thread_.joinable()) return;
    server_->stop();
    thread_.join();
  }
  /// The refusal, if the request is refused. With the mutex held.
  std::optional<net::Response> check(const net::Request& request) {
    if (busy > 0) {
      --busy;
      net::Response response = problem(503, "busy", "Try again.");
      if (!retry_after.empty()) response.headers.set("Retry-After", retry_after);
      return response;
    }
    if (!refuse.empty()) return problem(403, refuse, "You may not.");
    const std::string token(request.headers.get("Authorization"));
    const crypto::DpopClaims expected{.method = request.method,
                                      .url = *crypto::normalise_htu(url() + request.path),
                                      .nonce = nonce,
                                      .body_digest = to_base64url(crypto::sha256(view(request.body))),
                                      .access_token = token.empty() ? "" : token.substr(5)};
    const auto proof = crypto::verify_dpop_proof(request.headers.get("DPoP"), expected, Instant(1'800'000'000));
    if (!proof) {
      if (proof.error().reason == "use_dpop_nonce") ++asked_for_nonce;
      net::Response response = problem(401, proof.error().reason, proof.error().message);
      response.headers.set("DPoP-Nonce", nonce);
      return response;
    }
    if (!(proof->signer == owner_)) return problem(403, "not_owner", "Only the owner publishes here.");
    if (!proofs_.insert(proof->jti).second) return problem(401, "replayed_proof", "Seen.");
    keys.emplace_back(request.headers.get("Idempotency-Key"));
    return std::nullopt;
  }

 private:
  net::Response on_node() {
    const std::lock_guard lock(mutex);
    const Json body = {
        {"name", "fake"},
        {"version", "0"},
        {"owner", owner_.text()},
        {"nonce", nonce},
        {"agent",
         {{"signer", owner_.text()}, {"encryption", crypto::DecryptionKey::generate().encryption_key().did()}}}};
    return {.status = 200, .headers = {}, .body = body.dump()};
  }
  net::Response on_echo(const net::Request& request) {
    const std::lock_guard lock(mutex);
    if (auto refused = check(request)) return *refused;
    return {.status = 200, .headers = {}, .body = request.body};
  }

  crypto::Did owner_;
  std::set<std::string> proofs_;  // jti
  std::unique_ptr<net::HttpServer> server_;
  std::thread thread_;
};

}  // namespace swarma::client::testing
