// Where a viewer gets blobs. Whoever delivers them is a stranger: fetch_blob() believes nothing but the hash.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/ids.h"
#include "client/patience.h"
#include "net/http_client.h"

namespace swarma::content::watch {

/// Safe for concurrent use.
class Source {
 public:
  virtual ~Source() = default;
  /// The bytes somebody gave for this name, unverified. `attempt` counts the tries for this blob, so that another place
  /// can be asked first. NotFound ("blob_not_found") when nobody has it, Unavailable when nobody could be asked.
  virtual Result<Bytes> fetch(const BlobId& id, std::string_view extension, unsigned attempt) = 0;
};

/// Verified bytes: asks a second time when the hash differs, then Corrupt ("hash_mismatch").
Result<Bytes> fetch_blob(Source& source, const BlobId& id, std::string_view extension);

inline constexpr client::Patience kSourcePatience{
    .attempts = 3, .first_pause = std::chrono::milliseconds(300), .longest_pause = std::chrono::seconds(10)};

struct HttpSourceOptions {
  std::vector<std::string> urls;  // scheme://host[:port], tried in order
  /// An attempt asks all of them. The pause is longer where every node says how long it needs.
  client::Patience patience = kSourcePatience;
  net::ClientOptions http;
};

/// GET <url>/<sha256>.<ext> from several nodes.
class HttpSource final : public Source {
 public:
  explicit HttpSource(HttpSourceOptions options);
  Result<Bytes> fetch(const BlobId& id, std::string_view extension, unsigned attempt) override;

  /// The record's JWS as the first node that has the title gives it: unverified. NotFound ("title_not_found").
  Result<std::string> fetch_record(const TitleId& id);

 private:
  Result<net::ClientResponse> get(const std::string& path, unsigned attempt);

  HttpSourceOptions options_;
  net::HttpClient http_;
};

}  // namespace swarma::content::watch
