#include "api/routes/blobs.h"

#include <nlohmann/json.hpp>

#include "api/problem.h"
#include "base/text.h"
#include "content/blob/blob_store.h"

namespace swarma::api {
namespace {

/// Only passive types: a blob never runs in the origin of the pages. Segments are ciphertext whatever they are called.
std::string_view content_type(std::string_view extension) {
  if (extension == "m3u8") return "application/vnd.apple.mpegurl";
  if (extension == "jpg") return "image/jpeg";
  if (extension == "mp4") return "video/mp4";
  if (extension == "json") return "application/json";
  return "application/octet-stream";
}

net::Response get_blob(content::blob::BlobStore& blobs, const net::Request& request) {
  const std::string_view name = request.path_params.front();
  const auto id = BlobId::parse(name.substr(0, 64));
  if (!id) return problem_response(id.error());
  const auto blob = blobs.open(*id);
  if (!blob) return problem_response(blob.error());
  net::Response response;
  net::Headers& headers = response.headers;
  headers.add("Content-Type", std::string(content_type(name.size() > 65 ? name.substr(65) : "")));
  headers.add("Cache-Control", "public, max-age=31536000, immutable, no-transform");
  headers.add("ETag", '"' + std::string(name.substr(0, 64)) + '"');
  headers.add("Content-Security-Policy", "sandbox");
  response.body = net::FileBody{blob->file, 0, blob->size};
  return response;
}

/// Hashes while it writes; nothing is visible unless the bytes have the name in X-SHA-256.
class BlobUpload final : public net::BodySink {
 public:
  BlobUpload(const Clock& clock, BlobId expected, std::unique_ptr<content::blob::BlobWriter> writer, bool known)
      : clock_(clock), expected_(expected), writer_(std::move(writer)), known_(known) {}

  Result<void> write(ByteView piece) override {
    size_ += piece.size();
    return writer_->write(piece);
  }

  net::Response finish(const net::Request& request) override {
    // Also of a known one: the store mends it if it was damaged.
    if (const auto done = writer_->commit(expected_); !done) return problem_response(done.error());
    const std::string hex = expected_.hex();
    Json answer = {{"url", request.base_url + "/" + hex + ".bin"},
                   {"sha256", hex},
                   {"size", size_},
                   {"type", "application/octet-stream"},
                   {"uploaded", clock_.now().unix_s()}};
    if (const auto mark = writer_->mark()) answer["mark"] = std::to_string(*mark);
    return json_response(known_ ? 200 : 201, answer);
  }

 private:
  const Clock& clock_;
  BlobId expected_;
  std::unique_ptr<content::blob::BlobWriter> writer_;
  bool known_;
  std::uint64_t size_ = 0;
};

Result<BlobId> expected_blob(const net::Request& head) {
  return BlobId::parse(head.headers.get("X-SHA-256"));
}

Result<std::unique_ptr<net::BodySink>> begin_upload(const BlobUploadRoutes& with, const Call& call) {
  SWARMA_TRY(const BlobId expected, expected_blob(call.request));
  SWARMA_TRY(const auto present, with.blobs.touch(expected));
  SWARMA_TRY(auto writer, with.blobs.create_writer());
  return std::make_unique<BlobUpload>(with.clock, expected, std::move(writer), present.has_value());
}

Result<std::vector<content::publish::NewBlob>> parse_discard(const Json& body) {
  const JsonReader reader(body, "request");
  SWARMA_RETURN_IF_ERROR(reader.only({"blobs"}));
  SWARMA_TRY(const Json* list, reader.array("blobs", kMaxDiscardedBlobs));
  std::vector<content::publish::NewBlob> blobs;
  for (const Json& item : *list) {
    const JsonReader blob(item, "blobs");
    SWARMA_TRY(const std::string name, blob.text("sha256", 64));
    SWARMA_TRY(const BlobId id, BlobId::parse(name));
    SWARMA_TRY(const std::string text, blob.text("mark", 20));
    const auto mark = parse_number<content::blob::WriteMark>(text);
    if (!mark) return fail(ErrorCode::BadRequest, "bad_member", "\"mark\" is what the answer to the upload said.");
    blobs.push_back({id, *mark});
  }
  return blobs;
}

Result<net::Response> discard(const BlobUploadRoutes& with, const Call& call) {
  SWARMA_TRY(const Json body, parse_body(call.request));
  SWARMA_TRY(const auto blobs, parse_discard(body));
  SWARMA_TRY(const std::uint64_t removed, with.discard(blobs));
  return json_response(200, {{"removed", removed}});
}

}  // namespace

Table routes(const BlobRoutes& with) {
  return {{.method = "GET",
           .pattern = "/{blob}",
           .runs = Runs::Inline,
           .plain = [&blobs = with.blobs](const net::Request& request) { return get_blob(blobs, request); }}};
}

Table routes(const BlobUploadRoutes& with) {
  const auto named = [](const net::Request& head) -> Result<std::string> {
    SWARMA_TRY(const BlobId expected, expected_blob(head));
    return to_base64url(expected.digest());
  };
  return {{.method = "PUT",
           .pattern = "/upload",
           .auth = Auth::Creator,
           .max_body = content::blob::kMaxBlobBytes,
           .sink = [with](const Call& call) { return begin_upload(with, call); },
           .digest = named},
          {.method = "POST",
           .pattern = "/v1/blobs/discard",
           .auth = Auth::Creator,
           .max_body = kMaxDiscardedBlobs * 128,
           .handler = on(with, discard)}};
}

}  // namespace swarma::api
