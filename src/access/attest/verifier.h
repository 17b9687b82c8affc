// A verifier checks that viewers meet one requirement: it sets a challenge, checks the answer, and says how far to
// trust it. Each is one .cpp file, listed in verifiers.cpp.
//
// Implementations are safe for concurrent use and keep nothing in memory that another node on the same database would
// miss: what must be remembered between start and check travels in `state`, what is counted is counted in the database.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "access/policy/policy.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/json.h"
#include "crypto/secret.h"
#include "db/database.h"

namespace swarma::access::attest {

/// Where an answer comes from, and how long ours to it has to be held back.
struct Guest {
  std::string network;  // network_of() its address
  std::chrono::seconds hold{0};
};

struct ActionContext {
  TitleId title;
  std::string viewer;  // jkt
  policy::Leaf leaf;
  Instant now;
  Guest* guest = nullptr;  // null: not known, as in tests and between nodes
};

/// A challenge for the viewer and what the verifier remembers about it. Both are JSON texts.
struct Challenge {
  std::string challenge;
  std::string state = "{}";
};

/// An accepted answer.
struct Evidence {
  std::string evidence = "{}";  // canonical JSON, opaque, no personal data beyond need
  double trust = 0;
  /// Runs inside the transaction that issues the attestation: counts what may be used only so often. May be empty.
  std::function<Result<void>(db::Session&)> claim;
};

class Verifier {
 public:
  virtual ~Verifier() = default;
  virtual policy::Requirement requirement() const = 0;
  /// The trust an accepted answer carries, 0..1, and in a sentence how that number was arrived at.
  virtual double trust() const = 0;
  virtual std::string calibration() const = 0;
  virtual Result<Challenge> start(const ActionContext& context) = 0;
  /// Forbidden with a distinct reason for a wrong answer (it may be tried again); TooMany when no further try is
  /// allowed.
  virtual Result<Evidence> check(const ActionContext& context, const Json& state, const Json& response) = 0;
};

/// What verifiers may need; the references outlive them.
struct VerifierNeeds {
  db::Database& database;                // with the migrations of this module
  const crypto::SecretKey& network_key;  // the same on all nodes of the database
};

/// One verifier for each requirement that a node can check.
std::vector<std::unique_ptr<Verifier>> make_verifiers(const VerifierNeeds& needs);

/// Leading zero bits of SHA-256(seed ‖ ":" ‖ decimal solution): what a puzzle asks for.
int puzzle_bits(std::string_view seed, std::string_view solution);

}  // namespace swarma::access::attest
