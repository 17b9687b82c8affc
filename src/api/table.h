// The shape of the route table: each route with who may call it, where it runs and what it takes. A file in routes/
// fills it; door.h turns it into what the server mounts.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "crypto/keys.h"
#include "net/http_server.h"
#include "once/proofs.h"

namespace swarma::api {

/// Who may call a route. Compared with `security` in the description by a test.
enum class Auth {
  Anybody,
  Viewer,   // any key that proves itself (DPoP, RFC 9449)
  Creator,  // the owner's key, or one that holds a token of the owner
  Owner,    // the owner's key itself: a token makes no tokens
};

enum class Runs {
  Inline,  // on the event loop: memory and cryptography only
  Sql,     // reads the database, or writes it in one transaction
  Worker,  // waits for disks, or writes several times
};

/// Who sent a request. Empty where Anybody may call.
struct Caller {
  std::optional<crypto::Did> did;
  std::string jkt;
  bool is_owner = false;
  once::ProofUse proof;
  std::string base_url;     // scheme://host[:port] of this node that the proof was made for
  std::string body_digest;  // base64url SHA-256 of the body that the proof was made for; empty for no body
};

/// A request that the door has let in.
struct Call {
  const net::Request& request;
  const Caller& caller;
};

using ApiHandler = std::function<Result<net::Response>(const Call&)>;
/// For what waits for somebody outside: answers by calling `done` once, from any thread that may wait for the database.
/// The call is valid until the function returns.
using ApiDone = std::move_only_function<void(Result<net::Response>)>;
using ApiLater = std::function<void(const Call&, ApiDone done)>;
/// Calls that arrived together; one `done` for each, to be called before the function returns or later.
using ApiGroupHandler = std::function<void(std::span<const Call>, std::span<ApiDone> done)>;
using ApiSink = std::function<Result<std::unique_ptr<net::BodySink>>(const Call& head)>;

/// For the digest of a body that is yet to arrive: the proof must name one, and the sink compares Caller::body_digest.
inline constexpr std::string_view kBodyFollows = "*";

struct Entry {
  std::string method;
  std::string pattern;  // net::Route::pattern
  Auth auth = Auth::Anybody;
  Runs runs = Runs::Worker;
  /// A POST that takes an Idempotency-Key: its first answer is kept for a day and given again.
  bool repeatable = false;
  std::size_t max_body = 64 * 1024;

  // One of these.
  ApiHandler handler = {};
  ApiLater later = {};
  ApiGroupHandler group = {};  // records the proofs of its calls itself
  ApiSink sink = {};
  net::Handler plain = {};               // past the door: its answers carry no nonce
  net::WebSocketFactory websocket = {};  // past the door: whoever opens one proves on it who they are
  net::WebSocketOptions websocket_options = {};

  /// With `handler` only: answers before anybody is asked who they are; nothing: the request goes on.
  std::function<std::optional<net::Response>(const net::Request&)> first = {};
  /// What the proof must say of the body; empty: the digest of the body that is here.
  std::function<Result<std::string>(const net::Request&)> digest = {};
  std::vector<std::pair<std::string, std::string>> headers = {};  // net::Route::headers
};
using Table = std::vector<Entry>;

/// Handlers that get the route file's dependencies: `handle(with, call)`.
template <class With>
ApiHandler on(const With& with, Result<net::Response> (*handle)(const With&, const Call&)) {
  return [with, handle](const Call& call) { return handle(with, call); };
}

template <class With>
ApiLater later(const With& with, void (*handle)(const With&, const Call&, ApiDone)) {
  return [with, handle](const Call& call, ApiDone done) { handle(with, call, std::move(done)); };
}

}  // namespace swarma::api
