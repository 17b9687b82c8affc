// One to three nodes in this process, a published title without media work, viewers that speak HTTP by hand.
#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "access/grant/sealed_package.h"
#include "base/clock.h"
#include "base/random.h"
#include "content/publish/http_node.h"
#include "content/publish/track_encryptor.h"
#include "crypto/dpop.h"
#include "crypto/hash.h"
#include "node/node.h"
#include "title/hls_playlist.h"

namespace swarma::test {

class Folder {
 public:
  Folder() : path_(std::filesystem::temp_directory_path() / ("swarma-node-" + to_hex(random_array<8>()))) {
    std::filesystem::create_directory(path_);
  }
  ~Folder() {
    std::error_code ec;
    std::filesystem::remove_all(path_, ec);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// A node that serves while this lives.
class RunningNode {
 public:
  explicit RunningNode(const std::filesystem::path& data, std::string database = {});
  ~RunningNode();
  const std::string& url() const { return url_; }
  const crypto::Identity& owner() const { return owner_; }

 private:
  crypto::Identity owner_;
  std::unique_ptr<node::Node> node_;
  std::string url_;
  std::thread thread_;
};

/// A title of `slots` segments of random bytes in one track of key group "sd".
struct FakeTitle {
  title::TitleRecord record;
  std::string jws, sealed;
  title::MediaPlaylist playlist;
  std::vector<Bytes> plain;
  std::string track_id;
  std::vector<std::pair<BlobId, Bytes>> blobs;  // what must be at the node first
};
FakeTitle make_title(const crypto::Identity& creator, const std::string& policy, Slot slots = 8,
                     const std::string& codes = "{}", const FakeTitle* previous = nullptr);
/// Uploads the blobs and publishes; the error of the first refusal.
Result<void> publish(const FakeTitle& title, const std::string& url, const crypto::Identity& creator,
                     bool with_blobs = true);

struct Answer {
  int status = 0;
  Json body;
  std::string reason() const { return body.value("reason", ""); }
};

/// A viewer with fresh keys who sends what a test tells it to.
class TestViewer {
 public:
  explicit TestViewer(std::string url)
      : url_(std::move(url)),
        signing_(crypto::SigningKey::generate()),
        decryption_(crypto::DecryptionKey::generate()) {}
  Answer get(const std::string& path);
  Answer post(const std::string& path, const Json& body, const std::string& idempotency_key = {});
  Answer post_with_proof(const std::string& path, const std::string& text, const std::string& proof,
                         const std::string& idempotency_key = {});
  std::string make_proof(const std::string& path, const std::string& text);
  /// start + complete of a goodwill or code leaf; the attestation.
  std::string attest(const std::string& title_id, const std::string& requirement, const Json& response = nullptr);
  Json key_request(const title::TitleRecord& record, const std::string& path, SlotRange slots,
                   std::vector<std::string> attestations);
  const crypto::SigningKey& signing() const { return signing_; }
  const crypto::DecryptionKey& decryption() const { return decryption_; }

 private:
  std::string url_;
  crypto::SigningKey signing_;
  crypto::DecryptionKey decryption_;
  net::HttpClient http_;
  SystemClock clock_;
  std::string nonce_;
};

}  // namespace swarma::test
