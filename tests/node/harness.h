// One to three nodes in this process, a published title without media work, viewers that speak HTTP by hand.
#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/testing.h"
#include "content/publish/http_node.h"
#include "content/publish/track_encryptor.h"
#include "crypto/dpop.h"
#include "crypto/hash.h"
#include "node/node.h"
#include "title/hls_playlist.h"
#include "title/sealed_package.h"

namespace swarma::test {

/// The clock of every node and viewer in this program. It begins at the real time, because files bear that, and moves
/// only when a test moves it.
FakeClock& test_clock();

using swarma::testing::TemporaryFolder;

/// A node that serves while this lives.
class RunningNode {
 public:
  /// `public_url`: the address that several nodes share, as behind a balancer. `mail`: how it sends mails.
  explicit RunningNode(const std::filesystem::path& data, std::string database = {}, std::string public_url = {},
                       net::MailOptions mail = {});
  ~RunningNode();
  const std::string& url() const { return url_; }
  const crypto::Identity& owner() const { return owner_; }
  /// What it does every minute.
  void tidy_up() { node_->tidy_up(); }

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
  std::string reason() const { return body.is_object() ? body.value("reason", "") : ""; }
};

/// One request as it goes out, with a proof, so that it can be sent again.
struct ProvenRequest {
  std::string method = "POST";
  std::string path;  // with query
  net::Headers headers;
  std::string body;
};

/// A viewer who sends what a test tells it to, with fresh keys or given ones.
class TestViewer {
 public:
  explicit TestViewer(std::string url) : TestViewer(std::move(url), crypto::SigningKey::generate()) {}
  TestViewer(std::string url, const crypto::SigningKey& signing)
      : url_(std::move(url)), signing_(signing), decryption_(crypto::DecryptionKey::generate()) {}
  /// From now on its proofs are for this address, whichever node it asks.
  TestViewer& through(std::string public_url) {
    audience_ = std::move(public_url);
    return *this;
  }
  Answer get(const std::string& path);
  /// The request with a proof by this viewer; without a body the digest is `digest`.
  ProvenRequest prove(ProvenRequest request, const std::string& digest = {});
  /// Sends it to any node as it is.
  static Answer send(const std::string& url, const ProvenRequest& request);
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
  std::string audience_;  // of proofs; empty: url_
  crypto::SigningKey signing_;
  crypto::DecryptionKey decryption_;
  net::HttpClient http_;
};

}  // namespace swarma::test
