// Who signs passes: the creator's own key, like grants. The desk prepares an order; the agent decides for itself from
// the signed record and the facts given, and gives no pass that the policy does not offer.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "access/pass/pass.h"
#include "access/policy/evaluate.h"
#include "crypto/keys.h"

namespace swarma::access::grant {

struct PassOrder {
  const std::string* record = nullptr;  // JWS; outlives the call
  TitleId title;
  std::string path;
  std::string holder;   // jkt that the pass is for
  std::string pass_id;  // base64url, 16 bytes
  pass::StatusEntry status;
  policy::Facts facts;  // what the desk verified
  // What an agent elsewhere sees for itself; both outlive the call.
  std::string_view body = {};   // of POST /v1/passes/request, as the viewer sent it
  std::string_view proof = {};  // the viewer's DPoP proof of it
};

/// Safe for concurrent use; does not block.
class PassAgent {
 public:
  using Done = std::move_only_function<void(Result<std::string>)>;
  virtual ~PassAgent() = default;
  /// Calls `done` once with the signed pass, before it returns or later from any thread. Forbidden policy_unmet,
  /// "other_agent"; BadRequest "path_gives_no_pass"; Unavailable "agent_away".
  virtual void issue_pass(const PassOrder& order, Done done) = 0;
};

/// The creator's key in this process.
class LocalPassAgent final : public PassAgent {
 public:
  /// The key must outlive this.
  explicit LocalPassAgent(const crypto::SigningKey& creator) : creator_(creator) {}
  Result<std::string> issue_pass(const PassOrder& order) const;
  void issue_pass(const PassOrder& order, Done done) override { done(issue_pass(order)); }

 private:
  const crypto::SigningKey& creator_;
};

}  // namespace swarma::access::grant
