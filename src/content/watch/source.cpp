#include "content/watch/source.h"

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "crypto/hash.h"
#include "net/problem.h"
#include "title/title_record.h"

namespace swarma::content::watch {
namespace {

constexpr std::size_t kMaxTitleAnswerBytes = 256 * 1024;

}  // namespace

Result<Bytes> fetch_blob(Source& source, const BlobId& id, std::string_view extension) {
  for (unsigned attempt = 0; attempt < 2; ++attempt) {
    SWARMA_TRY(Bytes bytes, source.fetch(id, extension, attempt));
    if (crypto::blob_id_of(bytes) == id) return bytes;
  }
  return fail(
      ErrorCode::Corrupt, "hash_mismatch",
      "The blob " + id.hex() + " arrived twice with other bytes than its name says: somebody damaged or replaced it.");
}

HttpSource::HttpSource(HttpSourceOptions options) : options_(std::move(options)), http_(options_.http) {
  for (std::string& url : options_.urls)
    while (url.ends_with('/')) url.pop_back();
}

Result<net::ClientResponse> HttpSource::get(const std::string& path, unsigned attempt) {
  Error last{ErrorCode::Unavailable, "unreachable", "There is no node to ask."};
  client::Attempts rounds(options_.patience);
  for (;;) {
    bool all_lack_it = true;
    std::chrono::milliseconds asked = options_.patience.longest_pause;  // the least that any node asks for
    for (std::size_t i = 0; i < options_.urls.size(); ++i) {
      const std::string& url = options_.urls[(i + attempt) % options_.urls.size()];
      auto answer = http_.send({.method = "GET", .url = url + path, .headers = {}, .body = {}});
      if (answer && answer->status == 200) return answer;
      if (answer && (answer->status == 404 || answer->status == 410)) continue;
      all_lack_it = false;
      const auto wait = answer ? net::read_problem(*answer).retry_after : std::nullopt;
      asked = std::min<std::chrono::milliseconds>(asked, wait.value_or(std::chrono::seconds(0)));
      last = answer ? Error{ErrorCode::Unavailable, "node_failed",
                            url + " answered with status " + std::to_string(answer->status) + ".", wait}
                    : answer.error();
    }
    if (all_lack_it && !options_.urls.empty())
      return fail(ErrorCode::NotFound, "not_found", "None of the nodes that were asked has it.");
    if (options_.urls.empty() || !rounds.wait(asked)) return std::unexpected(last);
  }
}

Result<Bytes> HttpSource::fetch(const BlobId& id, std::string_view extension, unsigned attempt) {
  std::string path = "/" + id.hex();
  if (!extension.empty()) path.append(".").append(extension);
  auto answer = get(path, attempt);
  if (!answer && answer.error().code == ErrorCode::NotFound)
    return fail(ErrorCode::NotFound, "blob_not_found", "No node has the blob " + id.hex() + ".");
  if (!answer) return std::unexpected(answer.error());
  return to_bytes(answer->body);
}

Result<std::string> HttpSource::fetch_record(const TitleId& id) {
  auto answer = get("/v1/titles/" + id.text(), 0);
  if (!answer && answer.error().code == ErrorCode::NotFound)
    return fail(ErrorCode::NotFound, "title_not_found", "There is no title " + id.text() + " here.");
  if (!answer) return std::unexpected(answer.error());
  if (answer->body.size() > kMaxTitleAnswerBytes)
    return fail(ErrorCode::Corrupt, "record_bad", "The node's answer is too long.");
  SWARMA_TRY(const Json json, parse_json(answer->body));
  return JsonReader(json, "title").text("record", title::kMaxRecordBytes);
}

}  // namespace swarma::content::watch
