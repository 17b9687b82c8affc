// Actions: a viewer meets a requirement. start() gives a challenge, complete() takes the answer and issues the
// attestation. All state is a row of the database with an expiry, so any node on it can complete what another started.
// Safe for concurrent use.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "access/attest/attestation.h"
#include "access/attest/verifier.h"
#include "base/clock.h"
#include "crypto/keys.h"
#include "db/database.h"

namespace swarma::access::attest {

inline constexpr std::chrono::minutes kActionLife{30};  // a hard puzzle on a phone takes minutes
inline constexpr std::int64_t kMaxTries = 10;           // wrong answers per action
inline constexpr std::int64_t kMaxOpenActions = 64;     // per viewer and title

std::span<const db::Migration> migrations();

struct StartAction {
  TitleId title;
  crypto::Did creator;  // who, besides the viewer, may revoke what comes of it
  policy::Leaf leaf;    // of the title's current policy
  std::string viewer;   // jkt of the verified DPoP proof
};
struct StartedAction {
  std::string action_id;
  policy::Requirement requirement;
  std::string challenge;  // canonical JSON
  Expiry expires_at;
};
struct IssuedAttestation {
  std::string id;
  std::string jws;
};
struct VerifierInfo {
  std::string issuer;  // DID
  policy::Requirement requirement;
  double trust = 0;
  std::string calibration;
};

/// Who asks for a revocation. `operator_of_node`: the api layer saw the node owner's key or token.
struct Revoker {
  std::string jkt;
  bool operator_of_node = false;
};

class Actions {
 public:
  /// `issuer` signs the attestations. All references must outlive this.
  Actions(db::Database& database, const Clock& clock, const crypto::SigningKey& issuer,
          std::vector<std::unique_ptr<Verifier>> verifiers);
  ~Actions();

  bool available(const policy::Leaf& leaf) const;
  std::vector<VerifierInfo> verifiers() const;
  const crypto::Did& issuer() const;

  /// Unsupported "no_verifier"; TooMany "too_many_actions".
  Result<StartedAction> start(const StartAction& request);
  /// NotFound action_unknown; Forbidden action_wrong_viewer, action_expired and the verifier's own reasons
  /// (wrong_solution, not_accepted, wrong_text, wrong_code, code_used_up); Conflict action_completed; TooMany
  /// too_many_tries, too_many_codes.
  /// The answer, whatever it is, is to be sent after guest->hold.
  Result<IssuedAttestation> complete(std::string_view action_id, std::string_view viewer, const Json& response,
                                     Guest* guest = nullptr);

  /// State of an attestation this node issued; NotFound "attestation_unknown".
  Result<AttestationState> state(std::string_view attestation_id) const;
  /// By its subject, the title's creator or the node's operator; anybody else gets NotFound. Repeating is fine.
  Result<void> revoke(std::string_view attestation_id, const Revoker& by);

  /// Removes what has expired; returns the number of rows.
  Result<std::int64_t> prune();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace swarma::access::attest
