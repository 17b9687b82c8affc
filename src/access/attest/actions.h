// Actions: a viewer meets a requirement. start() gives a challenge, note() takes what comes in between, complete()
// takes the answer and issues the attestation. All state is a row of the database with an expiry, so any node on it can
// complete what another started.
//
// Everything answers by Done (verifier.h): before the call returns, or later when somebody outside has to be asked.
// What waits outlives this object; its database must outlive what waits. Safe for concurrent use.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "access/attest/attestation.h"
#include "access/attest/outcomes.h"
#include "access/attest/verifier.h"
#include "base/clock.h"
#include "crypto/keys.h"
#include "db/database.h"

namespace swarma::access::attest {

inline constexpr std::int64_t kMaxTries = 10;        // wrong answers per action
inline constexpr std::int64_t kMaxNotes = 2'000;     // messages in between, per action
inline constexpr std::int64_t kMaxOpenActions = 64;  // per viewer and title
inline constexpr std::chrono::seconds kMinActionLife{60}, kMaxActionLife{std::chrono::days(7)};
inline constexpr std::chrono::days kMaxAttestationLife{31};

std::span<const db::Migration> migrations();

struct StartAction {
  TitleId title;
  crypto::Did creator;        // who, besides the viewer, may revoke what comes of it
  policy::Leaf leaf;          // of the title's current policy
  std::string viewer;         // jkt of the verified DPoP proof
  std::string base_url = {};  // of this node, as the viewer sees it
  std::shared_ptr<Guest> guest = {};
};
/// Who completes or continues an action, or comes back to it.
struct Answerer {
  std::string viewer;  // jkt; empty for who comes by a return key
  std::shared_ptr<Guest> guest = {};
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
class RecentlyIssued;

/// How a verifier fared at this node since it was started. Wrong answers are no failures; what could not be known is.
struct VerifierHealth {
  std::optional<Instant> last_success, last_failure;
  std::string failure;  // the reason (a slug) of the last one
};
struct VerifierInfo {
  std::string issuer;  // DID
  policy::Requirement requirement;
  std::string variant;  // where several share a requirement; otherwise empty
  double trust = 0;
  std::string calibration;
  std::string lacks;  // Verifier::lacks()
  VerifierHealth health;
  Outcomes outcomes;
};

/// Who asks for a revocation. `operator_of_node`: the api layer saw the node owner's key or token.
struct Revoker {
  std::string jkt;
  bool operator_of_node = false;
};

class Actions {
 public:
  /// `issuer` signs the attestations; `recent` (may be null) is told of each. All of these must outlive this.
  Actions(db::Database& database, const Clock& clock, const crypto::SigningKey& issuer,
          std::vector<std::unique_ptr<Verifier>> verifiers, RecentlyIssued* recent = nullptr);
  ~Actions();

  bool available(const policy::Leaf& leaf) const;
  /// Of this node, also those that lack something.
  Result<std::vector<VerifierInfo>> verifiers() const;
  const crypto::Did& issuer() const;
  /// This node's list of verifiers, signed, under this address of it.
  Result<std::string> verifier_record(const std::string& url) const;
  /// The ids of its attestations that were revoked and would hold otherwise, signed (verifier_record.h).
  Result<std::string> revoked_record() const;

  /// Unsupported "no_verifier"; TooMany "too_many_actions"; the verifier's own.
  void start(StartAction request, Done<StartedAction> done);
  /// A message of the viewer before the answer; gives the verifier's reply. NotFound action_unknown; Forbidden
  /// action_wrong_viewer, action_expired; Conflict action_completed, action_moved_on, nothing_to_continue; TooMany
  /// too_many_messages; the verifier's own.
  void note(std::string_view action_id, Answerer by, const Json& message, Done<Json> done);
  /// The same from somebody who holds the action's return key; `message` is {"returned":{name: text}}.
  void note_return(std::string_view return_key, Answerer by, const Json& message, Done<Json> done);
  /// NotFound action_unknown; Forbidden action_wrong_viewer, action_expired and the verifier's own reasons
  /// (wrong_solution, not_accepted, wrong_text, wrong_code, code_used_up); Conflict action_completed, not_yet; TooMany
  /// too_many_tries, too_many_codes.
  /// The answer, whatever it is, is to be sent after by.guest->hold.
  void complete(std::string_view action_id, Answerer by, const Json& response, Done<IssuedAttestation> done);

  /// State of an attestation this node issued; NotFound "attestation_unknown".
  Result<AttestationState> state(std::string_view attestation_id) const;
  /// By its subject, the title's creator or the node's operator; anybody else gets NotFound. Repeating is fine.
  Result<void> revoke(std::string_view attestation_id, const Revoker& by);

  /// Lets the verifiers look again at what they attested (Verifier::tend).
  void tend();
  /// Removes what has expired; returns the number of rows.
  Result<std::int64_t> prune();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;  // kept by what waits
};

}  // namespace swarma::access::attest
