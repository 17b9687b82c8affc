// The door that every request to the API passes, once: proof and token, room on the disk, Idempotency-Key, nonce, and
// errors as problems. Routes behind it know who calls.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/table.h"
#include "base/clock.h"
#include "base/disk_reserve.h"
#include "crypto/dpop.h"
#include "crypto/keys.h"
#include "db/database.h"
#include "once/answers.h"

namespace swarma::api {

/// Safe for concurrent use.
class Door {
 public:
  struct Parts {
    const Clock& clock;
    const crypto::SigningKey& owner;
    const crypto::DpopNonces& nonces;
    db::Database& database;
    once::IdempotencyStore& answers;
    DiskReserve& disk;       // of the database
    std::string public_url;  // as configured; empty: only the addresses it listens on are known to be this node's
  };
  /// The references outlive this.
  explicit Door(Parts parts) : p_(std::move(parts)) {}

  /// What the server mounts. The door outlives the server.
  std::vector<net::Route> open(Table table) const;

  /// The problem, a fresh nonce, and for 401 the challenge.
  net::Response refuse(const Error& error) const;

  /// Verifies the proof for this request: exactly one DPoP header, method, URL, digest of the body (or kBodyFollows),
  /// fresh nonce; and that this caller may do what `auth` asks. The URL must be this node's: under --public-url, or at
  /// the address that the connection came to; what the Host header says proves nothing. Does not use up the proof.
  /// Unauthenticated "proof_required", "invalid_dpop_proof", "use_dpop_nonce", "unknown_address", "token_bad",
  /// "token_wrong_holder", "token_expired"; Forbidden "not_owner", "token_scope"; Io "disk_full".
  Result<Caller> admit(const net::Request& request, Auth auth, std::string_view digest) const;

  /// Whether this key may act as a creator here: the owner's, or one that holds a token of the owner. For those who
  /// prove their key by other means than a request. Forbidden "not_owner", and the refusals of tokens.
  Result<void> admit_creator(const crypto::Did& who, std::string_view token) const;
  /// The URLs by which this node knows the resource of a request; Unauthenticated "unknown_address" if none is the one
  /// that was asked for.
  Result<std::vector<std::string>> urls_of(const net::Request& request) const;

  /// A token with which the holder of a key may act as a creator here.
  Result<std::string> issue_token(const std::string& holder_jkt, Expiry expires_at) const;

 private:
  net::Handler guard(Entry entry) const;
  net::GroupHandler guard_group(Entry entry) const;
  net::SinkFactory guard_sink(Entry entry) const;
  net::Handler guard_later(Entry entry) const;
  net::Response answer(const Entry& entry, const net::Request& request) const;
  Result<net::Response> answer_once(const Entry& entry, const Call& call, const once::IdempotencyKey& key) const;
  void answer_later(const Entry& entry, const net::Request& request, net::Responder responder) const;
  /// The answer that was given before, if there is one; the proof is used up.
  Result<std::optional<net::Response>> find_before(const Call& call, const once::IdempotencyKey& key) const;
  void keep(const once::IdempotencyKey& key, const Result<net::Response>& response) const;
  Result<Caller> admit(const net::Request& request, const Entry& entry) const;
  Result<Caller> check_proof(const net::Request& request, std::string_view digest, std::string_view token) const;
  Result<void> check_token(std::string_view token, const std::string& holder_jkt) const;
  Result<void> check_room(const net::Request& request, bool by_owner) const;
  net::Response dress(net::Response response, std::string_view reason) const;

  Parts p_;
};

/// base64url SHA-256 of a request's body; empty for no body.
std::string body_digest(const net::Request& request);

}  // namespace swarma::api
