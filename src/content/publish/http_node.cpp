#include "content/publish/http_node.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/text.h"
#include "content/publish/blob_queue.h"
#include "net/problem.h"

namespace swarma::content::publish {
namespace {

constexpr std::size_t kHeadsAtOnce = 256;
constexpr std::size_t kDiscardsAtOnce = 2'000;  // of api/discard_blobs.h
Result<std::optional<blob::WriteMark>> upload(client::Node& node, const BlobId& id, ByteView bytes) {
  net::Headers headers;
  headers.set("X-SHA-256", id.hex());
  headers.set("Content-Type", "application/octet-stream");
  // The blob's name is the digest that the proof has to cover: nothing is hashed twice.
  SWARMA_TRY(const auto answer, node.send_signed("PUT", "/upload", headers, as_text(bytes), to_base64url(id.digest())));
  if (answer.status != 201) return std::nullopt;
  const auto json = parse_json(answer.body);
  const std::string text = json ? JsonReader(*json, "answer").text_or("mark", 24, "").value_or("") : "";
  return parse_number<blob::WriteMark>(text);
}

Result<std::vector<BlobId>> find_missing_blobs(client::Node& node, std::span<const BlobId> ids) {
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

std::unique_ptr<BlobSink> make_http_blob_sink(client::Node& node, unsigned connections, std::size_t max_waiting_bytes) {
  return std::make_unique<BlobQueue>(
      connections, max_waiting_bytes, [&node](const BlobId& id, ByteView bytes) { return upload(node, id, bytes); },
      [&node](std::span<const BlobId> ids) { return find_missing_blobs(node, ids); },
      [&node](std::span<const NewBlob> blobs) { return discard_blobs(node, blobs); });
}

Result<void> discard_blobs(client::Node& node, std::span<const NewBlob> blobs) {
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

Result<void> HttpPublishPort::publish(std::string_view record_jws, std::string_view sealed_jwe) {
  Json request = {{"record", record_jws}, {"sealed", sealed_jwe}};
  if (accept_) {
    SWARMA_TRY(request["acceptance"], accept_(std::string(record_jws), std::string(sealed_jwe)));
  }
  SWARMA_TRY(const std::string body, canonical_json(request));
  net::Headers headers;
  headers.set("Content-Type", "application/json");
  // No Idempotency-Key: the record itself says what is a repetition, and a key that a killed node had taken would stand
  // in the way of a rerun until its lease ends.
  SWARMA_RETURN_IF_ERROR(node_.send_signed("POST", "/v1/titles", headers, body));
  return {};
}

}  // namespace swarma::content::publish
