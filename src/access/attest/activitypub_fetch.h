// Reads what servers of the fediverse publish (ActivityPub, WebFinger RFC 7033): accounts, posts, and who is in a
// collection. Every address is of a stranger's making: https only, public addresses only, redirects checked, bounded;
// what is read counts only for the host that it came from. Safe for concurrent use.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "access/attest/activitypub_options.h"
#include "access/attest/verifier.h"

namespace swarma::access::attest {

inline constexpr std::size_t kMaxPages = 10;  // of a collection: the newest come first
inline constexpr std::size_t kMaxItems = 1'000;

/// @name@host
struct FediverseHandle {
  std::string name, host;
};
std::optional<FediverseHandle> parse_handle(std::string_view text);

/// The id that a value names: a text, or the "id" of an object; empty if it is neither.
std::string id_of(const Json& value);
/// host[:port] in lower case; empty if the address is none of http or https.
std::string host_of_url(std::string_view url);

/// Errors: BadRequest "activitypub_address_bad"; NotFound "activitypub_not_found"; Forbidden "activitypub_closed": the
/// server shows it only to servers that sign; Unavailable "activitypub_unavailable", whatever else went wrong.
class ActivityPubFetch : public std::enable_shared_from_this<ActivityPubFetch> {
 public:
  using Run = std::function<void(std::move_only_function<void()>)>;
  ActivityPubFetch(ActivityPubOptions options, net::Outbound& outbound, Run run)
      : options_(std::move(options)), outbound_(outbound), run_(std::move(run)) {}

  /// The account or post of an address or a handle. Its "id" lies at the host that gave it.
  void find(const std::string& name, Done<Json> done);

  /// Whether an item of a collection fits: true, false, or that it cannot be known. `place` is the collection or its
  /// address, which must lie at `host`. NotFound "activitypub_hidden": its items are not shown.
  struct Search {
    std::string host;
    std::function<bool(const Json& item)> fits;
    std::size_t pages = kMaxPages;
  };
  void search(const Json& place, Search search, Done<bool> done);

 private:
  void get(const std::string& url, bool again, Done<Json> done);
  void look_up(const FediverseHandle& handle, Done<std::string> done);
  void ask(const std::string& url, std::string accept, Done<net::OutboundResponse> done);
  bool is_private(const std::string& host) const;
  void examine(const Json& page, Search search, Done<bool> done);

  const ActivityPubOptions options_;
  net::Outbound& outbound_;
  const Run run_;
};

}  // namespace swarma::access::attest
