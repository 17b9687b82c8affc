// The key request broker: checks what the viewer brings, lets the key agent decide, and makes the use of it permanent
// in one transaction before the grant leaves. It can neither open nor mint a grant, and holds no thread while an agent
// elsewhere thinks.
//
// Order of a request: title → attestations (signature, issuer, subject, title, life) → facts → agent (policy again,
// keys, signature) → one transaction: revision still current, proof and idempotency key recorded, attestations
// consumed, unlock and counts written. A grant made for a request whose transaction fails is thrown away. Safe for
// concurrent use.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "access/attest/actions.h"
#include "access/grant/key_agent.h"
#include "access/grant/prepared_titles.h"
#include "access/policy/evaluate.h"
#include "base/clock.h"
#include "db/database.h"
#include "once/answers.h"
#include "once/proofs.h"

namespace swarma::access::grant {

inline constexpr std::size_t kMaxAttestations = 16;
inline constexpr std::size_t kMaxKeyGroups = 16;
inline constexpr std::size_t kMaxKeyRequestBytes = 256 * 1024;  // sixteen attestations, or a grant, and room

/// Needs those of once/ too, after these.
std::span<const db::Migration> migrations();

/// A body of POST /v1/keys/request and who sent it. The api layer has verified the DPoP proof.
struct KeyRequest {
  TitleId title;
  std::int64_t revision = 1;
  std::string path;
  SlotRange slots;
  std::vector<std::string> key_groups;
  crypto::EncryptionKey encryption_key;
  std::vector<std::string> attestations;  // JWS
  std::string unlock;                     // rolling on: a previous grant's JWS; then no attestations
  std::string viewer;                     // jkt of the proof
  std::optional<std::string> country;
  std::optional<once::ProofUse> proof;  // recorded in the same transaction; absent: the caller did
  std::optional<once::IdempotencyKey> idempotency;
  std::string body = {};  // as it was sent, and
  std::string dpop = {};  // the proof of it: for an agent elsewhere, which believes neither node nor broker
};
/// Parses a body strictly; BadRequest names the member. What is not in it is left to the caller.
Result<KeyRequest> parse_key_request(const Json& body);

struct Granted {
  std::string grant;      // JWS
  bool repeated = false;  // the stored answer to the same Idempotency-Key
};

class Broker {
 public:
  using Done = std::move_only_function<void(Result<Granted>)>;
  struct Asked {
    KeyRequest request;
    Done done;
  };
  /// Has some work done on another thread, which may block.
  using Run = std::function<void(std::move_only_function<void()>)>;
  struct Needs {
    db::Database& database;
    const Clock& clock;
    PreparedTitles& titles;
    KeyAgent& agent;
    std::vector<std::string> own_issuers;               // DIDs of verifiers accepted where a policy has no allow list
    const attest::KnownAttestations* recent = nullptr;  // what the verifiers of this process have just issued
    Run run;                                            // for what is left to do when an agent elsewhere has answered
    attest::StillGood still_good = {};                  // asked about attestations of other issuers
  };
  /// The references must outlive this, and every request that waits for an agent.
  explicit Broker(Needs needs);
  ~Broker();

  /// Unavailable issuer_being_asked and issuer_silent: of an attestation of another node, nothing was written.
  /// Reasons: title_not_found, not_current_revision, path_unknown, outside_scope, policy_unmet, cooldown, max_plays,
  /// issuer_not_trusted, attestation_{forged,wrong_viewer,wrong_title,expired,used,revoked},
  /// grant_{forged,wrong_viewer,wrong_title,old_revision,other_policy,other_path,expired,revoked,unknown},
  /// too_many_grants, replayed_proof, idempotency_key_reused. Where the terms are not met, the error's details hold
  /// "unmet": every unmet condition of the path (policy::unmet_json). Attestations the path has no use for stay unused.
  ///
  /// Answers each request once: before this returns where the title's agent answers at once, otherwise later from a
  /// thread of `run`. They arrived together, but no answer depends on the others: those that pass all checks at once
  /// are written in one transaction, and only if that fails in one each.
  void request(std::vector<Asked> together);

  /// As in unlocks.h.
  Result<void> revoke_unlock(std::string_view unlock_id, const attest::Revoker& by);
  Result<void> revoke_grant(std::string_view grant_id, const attest::Revoker& by);
  /// A file for its viewer, the title's creator or the node's operator (evidence.h); NotFound "grant_not_found".
  Result<std::string> evidence(std::string_view grant_id, const attest::Revoker& by);
  Result<std::int64_t> prune();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace swarma::access::grant
