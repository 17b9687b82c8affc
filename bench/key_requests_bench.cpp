// bench_key_requests NODE_URL TITLE_ID COUNT NODE_PID: COUNT viewers ask a node for the keys of a title without
// requirement, each with a key and a proof of its own. Everything a viewer computes is prepared before; then the
// requests go out over eight kept connections. Prints one JSON object: how many were granted, the wall time, and the
// CPU time of the node.
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "crypto/dpop.h"
#include "crypto/hash.h"
#include "net/http_client.h"

namespace {

using namespace swarma;

[[noreturn]] void give_up(const std::string& sentence) {
  fmt::print(stderr, "bench_key_requests: {}\n", sentence);
  std::exit(1);
}

template <typename T>
T must(Result<T> result) {
  if (!result) give_up(result.error().message);
  return std::move(*result);
}

Json get(net::HttpClient& http, const std::string& url) {
  const net::ClientResponse answer = must(http.send({.method = "GET", .url = url, .headers = {}, .body = {}}));
  if (answer.status != 200) give_up(url + ": " + answer.body);
  return must(parse_json(answer.body));
}

/// User and system time of a process, all threads, in seconds.
double cpu_seconds(const std::string& pid) {
  std::ifstream file("/proc/" + pid + "/stat");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  std::istringstream fields(text.substr(text.rfind(')') + 2));
  std::string skip;
  for (int i = 0; i < 11; ++i) fields >> skip;
  double user = 0, system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

struct Prepared {
  std::string body;
  net::Headers headers;
};

Prepared prepare(const std::string& url, const std::string& nonce, Json body, Instant now) {
  const auto signing = crypto::SigningKey::generate();
  body["encryption_key"] = crypto::DecryptionKey::generate().encryption_key().jwk();
  Prepared out{body.dump(), {}};
  const std::string digest = to_base64url(crypto::sha256(view(out.body)));
  out.headers.add("Content-Type", "application/json");
  out.headers.add("Idempotency-Key", signing.jkt());
  out.headers.add("DPoP", crypto::make_dpop_proof(
                              signing, {.method = "POST", .url = url, .nonce = nonce, .body_digest = digest}, now));
  return out;
}

/// The path that asks for nothing, as the node offers it.
std::string open_path(net::HttpClient& http, const std::string& node, const std::string& title) {
  net::Headers headers;
  headers.add("Content-Type", "application/json");
  headers.add("Idempotency-Key", title);
  const std::string body = Json{{"title_id", title}}.dump();
  const auto answer =
      must(http.send({.method = "POST", .url = node + "/v1/requirements/offer", .headers = headers, .body = body}));
  if (answer.status != 200) give_up(answer.body);
  const Json offer = must(parse_json(answer.body));
  for (const Json& path : offer.at("paths"))
    if (path.value("open", false)) return path.at("id").get<std::string>();
  give_up("the title has no open path");
}

std::vector<Prepared> prepare_all(net::HttpClient& http, const std::string& node, const std::string& title, int count) {
  const Json record = get(http, node + "/v1/titles/" + title).at("title");
  const Json body = {{"title_id", title},
                     {"revision", record.at("revision")},
                     {"path", open_path(http, node, title)},
                     {"slots", {0, record.at("slots")}},
                     {"key_groups", record.at("key_groups")},
                     {"attestations", Json::array()}};
  const auto nonce = get(http, node + "/v1/node").at("nonce").get<std::string>();
  const SystemClock clock;
  std::vector<Prepared> all;
  for (int i = 0; i < count; ++i) all.push_back(prepare(node + "/v1/keys/request", nonce, body, clock.now()));
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) give_up("usage: bench_key_requests NODE_URL TITLE_ID COUNT NODE_PID");
  const std::string node = argv[1], pid = argv[4];
  net::HttpClient http;
  const std::vector<Prepared> all = prepare_all(http, node, argv[2], std::atoi(argv[3]));
  std::vector<net::ClientRequest> requests;
  for (const Prepared& one : all)
    requests.push_back({.method = "POST", .url = node + "/v1/keys/request", .headers = one.headers, .body = one.body});

  const double cpu = cpu_seconds(pid);
  const auto began = std::chrono::steady_clock::now();
  const auto answers = http.send_all(requests);
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - began;
  const double spent = cpu_seconds(pid) - cpu;
  std::size_t granted = 0;
  for (const auto& answer : answers) {
    if (!answer) give_up(answer.error().message);
    if (answer->status != 200) give_up("refused: " + answer->body);
    granted += must(parse_json(answer->body)).contains("grant");
  }
  fmt::print("{{\"granted\":{},\"wall_seconds\":{:.4f},\"server_cpu_seconds\":{:.4f}}}\n", granted, wall.count(),
             spent);
}
