// bench_key_requests NODE_URL TITLE_ID COUNT NODE_PID: COUNT viewers ask a node for the keys of a title by its first
// path, each with a key and a proof of its own, and with attestations where the path asks for goodwill. Everything a
// viewer computes or proves is prepared before; then the requests go out over eight kept connections. Prints one JSON
// object: how many were granted, the wall time, and the CPU time of the node.
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

Prepared prepare(const std::string& url, const std::string& nonce, const Json& body,
                 const crypto::SigningKey& signing) {
  static int number = 0;
  const SystemClock clock;
  Prepared out{body.dump(), {}};
  const std::string digest = to_base64url(crypto::sha256(view(out.body)));
  out.headers.add("Content-Type", "application/json");
  out.headers.add("Idempotency-Key", std::to_string(++number) + signing.jkt());
  out.headers.add(
      "DPoP", crypto::make_dpop_proof(signing, {.method = "POST", .url = url, .nonce = nonce, .body_digest = digest},
                                      clock.now()));
  return out;
}

/// The answers, each of which has to be a success.
std::vector<Json> send_all(net::HttpClient& http, const std::string& url, const std::vector<Prepared>& all) {
  std::vector<net::ClientRequest> requests;
  for (const Prepared& one : all)
    requests.push_back({.method = "POST", .url = url, .headers = one.headers, .body = one.body});
  std::vector<Json> out;
  for (const auto& answer : http.send_all(requests)) {
    if (!answer) give_up(answer.error().message);
    if (answer->status != 200) give_up("refused: " + answer->body);
    out.push_back(must(parse_json(answer->body)));
  }
  return out;
}

/// The path that comes first, as the node offers it.
Json first_path(net::HttpClient& http, const std::string& node, const std::string& title) {
  const std::string body = Json{{"title_id", title}}.dump();
  net::Headers headers;
  headers.add("Content-Type", "application/json");
  const auto answer =
      must(http.send({.method = "POST", .url = node + "/v1/requirements/offer", .headers = headers, .body = body}));
  if (answer.status != 200) give_up(answer.body);
  return must(parse_json(answer.body)).at("paths").at(0);
}

using Viewers = std::vector<crypto::SigningKey>;

std::string fresh_nonce(net::HttpClient& http, const std::string& node) {
  return get(http, node + "/v1/node").at("nonce").get<std::string>();
}

/// One attestation of this leaf for each viewer, appended to theirs.
void attest(net::HttpClient& http, const std::string& node, const std::string& title, const Json& leaf,
            const Viewers& viewers, std::vector<Json>& attestations) {
  const std::string text = leaf.at("params").at("text");
  const Json response = {{"accepted", true}, {"text_hash", to_base64url(crypto::sha256(view(text)))}};
  std::vector<Prepared> starts, answers;
  std::string nonce = fresh_nonce(http, node);
  for (const auto& viewer : viewers)
    starts.push_back(prepare(node + "/v1/actions/start", nonce,
                             {{"title_id", title}, {"requirement", leaf.at("requirement")}, {"key", leaf.at("key")}},
                             viewer));
  const auto started = send_all(http, node + "/v1/actions/start", starts);
  nonce = fresh_nonce(http, node);
  for (std::size_t i = 0; i < viewers.size(); ++i)
    answers.push_back(prepare(node + "/v1/actions/complete", nonce,
                              {{"action_id", started[i].at("action_id")}, {"response", response}}, viewers[i]));
  const auto completed = send_all(http, node + "/v1/actions/complete", answers);
  for (std::size_t i = 0; i < viewers.size(); ++i) attestations[i].push_back(completed[i].at("attestation"));
}

std::vector<Prepared> prepare_all(net::HttpClient& http, const std::string& node, const std::string& title, int count) {
  const Json record = get(http, node + "/v1/titles/" + title).at("title");
  const Json path = first_path(http, node, title);
  Viewers viewers;
  for (int i = 0; i < count; ++i) viewers.push_back(crypto::SigningKey::generate());
  std::vector<Json> attestations(viewers.size(), Json::array());
  if (path.contains("requires"))
    for (const Json& leaf : path.at("requires").at("allOf")) attest(http, node, title, leaf, viewers, attestations);
  Json body = {{"title_id", title},
               {"revision", record.at("revision")},
               {"path", path.at("id")},
               {"slots", path.at("grants").at("slots")},
               {"key_groups", path.at("grants").at("key_groups")}};
  const std::string nonce = fresh_nonce(http, node);
  std::vector<Prepared> all;
  for (std::size_t i = 0; i < viewers.size(); ++i) {
    body["attestations"] = attestations[i];
    body["encryption_key"] = crypto::DecryptionKey::generate().encryption_key().jwk();
    all.push_back(prepare(node + "/v1/keys/request", nonce, body, viewers[i]));
  }
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
