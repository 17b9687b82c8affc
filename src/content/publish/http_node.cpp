#include "content/publish/http_node.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/json.h"
#include "content/publish/blob_queue.h"
#include "crypto/dpop.h"
#include "crypto/hash.h"
#include "net/problem.h"

namespace swarma::content::publish {
namespace {

constexpr std::size_t kHeadsAtOnce = 256;
constexpr std::size_t kDiscardsAtOnce = 2'000;  // of api/discard_blobs.h
constexpr std::size_t kMaxInfoBytes = 64 * 1024;

bool is_worth_repeating(const Result<net::ClientResponse>& answer) {
  if (!answer) return answer.error().code == ErrorCode::Unavailable;
  return answer->status == 408 || answer->status == 429 || answer->status >= 500;
}

/// A node's own 413 is a problem document; this one came from something in between.
Error refused_by_proxy(std::size_t bytes) {
  return {ErrorCode::TooLarge, "proxy_body_limit",
          "The proxy in front of the node refused a request of " + std::to_string(bytes) +
              " bytes (HTTP status 413). Raise its limit for bodies and run the command again, which goes on where it "
              "stopped: client_max_body_size 256m in nginx, request_body max_size 256MB in Caddy."};
}

}  // namespace

NodeClient::NodeClient(NodeClientOptions options, const crypto::SigningKey& key, const Clock& clock)
    : options_(std::move(options)), key_(key), clock_(clock), http_(options_.http) {
  while (options_.url.ends_with('/')) options_.url.pop_back();
}

std::string NodeClient::nonce() const {
  const std::lock_guard lock(mutex_);
  return nonce_;
}

void NodeClient::keep_nonce(const net::ClientResponse& response) {
  const std::string_view nonce = response.headers.get("DPoP-Nonce");
  if (nonce.empty() || nonce.size() > 256) return;
  const std::lock_guard lock(mutex_);
  nonce_ = nonce;
}

Result<net::ClientResponse> NodeClient::send_once(const std::string& method, const std::string& path,
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
  if (answer) keep_nonce(*answer);
  return answer;
}

Result<net::ClientResponse> NodeClient::send_signed(const std::string& method, const std::string& path,
                                                    const net::Headers& headers, std::string_view body,
                                                    std::string body_digest) {
  if (body_digest.empty() && !body.empty()) body_digest = to_base64url(crypto::sha256(view(body)));
  auto pause = options_.first_pause;
  for (int attempt = 1;; ++attempt) {
    auto answer = send_once(method, path, headers, body, body_digest);
    // The first request of all has no nonce yet, and a slow upload may outlive one: ask again with the one just given.
    if (answer && answer->status == 401 && net::read_problem(*answer).reason == "use_dpop_nonce")
      answer = send_once(method, path, headers, body, body_digest);
    if (answer && answer->status >= 200 && answer->status < 300) return answer;
    if (!is_worth_repeating(answer) || attempt >= options_.attempts) {
      if (!answer) return answer;
      Error error = net::read_problem(*answer);
      if (error.code == ErrorCode::TooLarge && error.reason == net::kNoProblem) error = refused_by_proxy(body.size());
      return std::unexpected(std::move(error));
    }
    const auto asked = answer ? net::read_problem(*answer).retry_after : std::nullopt;
    if (asked && *asked > options_.longest_pause) return std::unexpected(net::read_problem(*answer));
    std::this_thread::sleep_for(std::max<std::chrono::milliseconds>(pause, asked.value_or(std::chrono::seconds(0))));
    pause *= 2;
  }
}

Result<NodeInfo> NodeClient::read_node() {
  const auto not_a_node = [&] {
    return fail(ErrorCode::Corrupt, "not_a_node", "What answers at " + options_.url + " is not a Swarma node.");
  };
  SWARMA_TRY(const auto answer, send_plain("GET", "/v1/node"));
  if (answer.status != 200 || answer.body.size() > kMaxInfoBytes) return not_a_node();
  const auto json = parse_json(answer.body);
  if (!json) return not_a_node();
  const JsonReader reader(*json, "node's description");
  const auto owner = crypto::Did::parse(reader.text_or("owner", 128, "").value_or(""));
  const auto agent = reader.object("agent");
  if (!owner || !agent) return not_a_node();
  const JsonReader agent_reader(**agent, "node's agent");
  auto signer = crypto::Did::parse(agent_reader.text_or("signer", 128, "").value_or(""));
  auto encryption = crypto::EncryptionKey::parse(agent_reader.text_or("encryption", 128, "").value_or(""));
  if (!signer || !encryption) return not_a_node();
  if (const auto nonce = reader.text("nonce", 256); nonce && !nonce->empty()) {
    const std::lock_guard lock(mutex_);
    nonce_ = *nonce;
  }
  return NodeInfo{reader.text_or("name", 300, "").value_or(""),
                  reader.text_or("version", 64, "").value_or(""),
                  *owner,
                  {*std::move(signer), *std::move(encryption)}};
}

Result<net::ClientResponse> NodeClient::send_plain(const std::string& method, const std::string& path) {
  auto answer = http_.send({.method = method, .url = options_.url + path, .headers = {}, .body = {}});
  if (answer) keep_nonce(*answer);
  return answer;
}

std::vector<Result<net::ClientResponse>> NodeClient::head_all(std::span<const std::string> paths) {
  std::vector<net::ClientRequest> requests;
  for (const std::string& path : paths)
    requests.push_back({.method = "HEAD", .url = options_.url + path, .headers = {}, .body = {}});
  return http_.send_all(requests);
}

namespace {

Result<std::optional<blob::WriteMark>> upload(NodeClient& node, const BlobId& id, ByteView bytes) {
  net::Headers headers;
  headers.set("X-SHA-256", id.hex());
  headers.set("Content-Type", "application/octet-stream");
  // The blob's name is the digest that the proof has to cover: nothing is hashed twice.
  SWARMA_TRY(const auto answer, node.send_signed("PUT", "/upload", headers, as_text(bytes), to_base64url(id.digest())));
  if (answer.status != 201) return std::nullopt;
  const auto json = parse_json(answer.body);
  const std::string text = json ? JsonReader(*json, "answer").text_or("mark", 24, "").value_or("") : "";
  blob::WriteMark mark = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), mark);
  if (text.empty() || parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return mark;
}

Result<std::vector<BlobId>> find_missing_blobs(NodeClient& node, std::span<const BlobId> ids) {
  std::vector<BlobId> missing;
  for (std::size_t begin = 0; begin < ids.size(); begin += kHeadsAtOnce) {
    const auto part = ids.subspan(begin, std::min(kHeadsAtOnce, ids.size() - begin));
    std::vector<std::string> paths;
    for (const BlobId& id : part) paths.push_back("/" + id.hex());
    const auto answers = node.head_all(paths);
    for (std::size_t i = 0; i < part.size(); ++i) {
      if (!answers[i]) return std::unexpected(answers[i].error());
      if (answers[i]->status == 404)
        missing.push_back(part[i]);
      else if (answers[i]->status != 200)
        return std::unexpected(net::read_problem(*answers[i]));
    }
  }
  return missing;
}

}  // namespace

std::unique_ptr<BlobSink> make_http_blob_sink(NodeClient& node, unsigned connections, std::size_t max_waiting_bytes) {
  return std::make_unique<BlobQueue>(
      connections, max_waiting_bytes, [&node](const BlobId& id, ByteView bytes) { return upload(node, id, bytes); },
      [&node](std::span<const BlobId> ids) { return find_missing_blobs(node, ids); },
      [&node](std::span<const NewBlob> blobs) { return discard_blobs(node, blobs); });
}

Result<void> discard_blobs(NodeClient& node, std::span<const NewBlob> blobs) {
  net::Headers headers;
  headers.set("Content-Type", "application/json");
  for (std::size_t begin = 0; begin < blobs.size(); begin += kDiscardsAtOnce) {
    Json list = Json::array();
    for (const NewBlob& blob : blobs.subspan(begin, std::min(kDiscardsAtOnce, blobs.size() - begin)))
      list.push_back({{"sha256", blob.id.hex()}, {"mark", std::to_string(blob.mark)}});
    SWARMA_RETURN_IF_ERROR(
        node.send_signed("POST", "/v1/blobs/discard", headers, Json{{"blobs", std::move(list)}}.dump()));
  }
  return {};
}

Result<void> HttpTitlePort::publish(std::string_view record_jws, std::string_view sealed_jwe) {
  SWARMA_TRY(const std::string body, canonical_json({{"record", record_jws}, {"sealed", sealed_jwe}}));
  net::Headers headers;
  headers.set("Content-Type", "application/json");
  // No Idempotency-Key: the record itself says what is a repetition, and a key that a killed node had taken would stand
  // in the way of a rerun until its lease ends.
  SWARMA_RETURN_IF_ERROR(node_.send_signed("POST", "/v1/titles", headers, body));
  return {};
}

}  // namespace swarma::content::publish
