// The key agent: the creator's own, the only one who can open the title secret and sign grants. The broker prepares an
// order; the agent decides for itself from the signed record and the facts given, and never opens slots, groups or
// times that the policy does not allow.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "access/policy/evaluate.h"
#include "access/policy/grant_claims.h"
#include "crypto/keys.h"
#include "title/sealed_package.h"
#include "title/title_record.h"

namespace swarma::access::grant {

struct GrantOrder {
  TitleId title;
  std::int64_t revision = 1;
  const std::string* record = nullptr;        // JWS; outlives the call
  const std::string* sealed = nullptr;        // JWE; outlives the call
  const title::KeyAgentRef* agent = nullptr;  // as the record names it; outlives the call
  std::string path;
  SlotRange slots;
  std::vector<std::string> key_groups;
  std::string viewer;  // jkt
  crypto::EncryptionKey encryption_key;
  policy::Facts facts;   // what the broker verified; the title's shape is taken from the record
  std::string previous;  // rolling on: the earlier grant's JWS; otherwise empty
  // What an agent elsewhere sees for itself; both outlive the call. An agent in this process believes its own node.
  std::string_view body = {};   // of POST /v1/keys/request, as the viewer sent it
  std::string_view proof = {};  // the viewer's DPoP proof of it
};

struct IssuedGrant {
  std::string jws;
  std::string grant_id;
  std::string unlock_id;
  std::string previous_grant_id;  // of GrantOrder::previous, which the agent has verified; empty for a new unlock
  Expiry expires_at;
  Expiry unlock_until;
};

/// Implementations are safe for concurrent use and do not block: what an agent elsewhere answers comes later.
class KeyAgent {
 public:
  using Done = std::move_only_function<void(Result<IssuedGrant>)>;

  virtual ~KeyAgent() = default;
  /// Calls `done` once, before it returns or later from any thread; there it must not take long. Forbidden
  /// policy_unmet, outside_scope, and the reasons of policy::check_grant for `previous`; Unavailable "agent_away",
  /// "agent_busy".
  virtual void issue(const GrantOrder& order, Done done) = 0;
};

/// The agent in the node's own process, which answers at once. Opened secrets and parsed policies are kept per title
/// and revision.
class LocalKeyAgent final : public KeyAgent {
 public:
  /// The keys must outlive this.
  LocalKeyAgent(const crypto::SigningKey& signing, const crypto::DecryptionKey& decryption);
  ~LocalKeyAgent() override;

  Result<IssuedGrant> issue(const GrantOrder& order);
  void issue(const GrantOrder& order, Done done) override { done(issue(order)); }

  /// The terms by the signed record, where the package is for this agent: for whoever checks proofs before an order.
  Result<std::shared_ptr<const policy::Policy>> open_policy(const TitleId& title, const std::string& record_jws,
                                                            const std::string& sealed);

  /// For publishing: opens the package that came with this (verified) record, checks that it is for this title,
  /// revision and agent and that the policy is valid and fits the title, and gives what must be stored: the code lists.
  Result<title::CodeLists> accept(const std::string& record_jws, const std::string& sealed);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace swarma::access::grant
