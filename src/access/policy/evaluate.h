// The decision: does a viewer, about whom these facts are known, meet a path, and if not, why not and what would help.
// Pure and deterministic; the order of proofs does not matter. Adding a proof never un-meets a path.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "access/policy/policy.h"

namespace swarma::access::policy {

/// A verified attestation, reduced to what decides.
struct Proof {
  std::string key;                   // leaf key
  double trust = 0;                  // 0..1
  std::string issuer;                // DID
  std::optional<Expiry> until = {};  // when what it rests on ends
};

/// How often one viewer has unlocked one path of one title.
struct PathUse {
  std::int64_t unlocks = 0;
  Instant last_unlock;
};

struct Facts {
  Instant now;
  TitleShape title;
  std::vector<Proof> proofs;
  std::map<std::string, PathUse> uses;       // by path id; absent: never
  std::optional<std::string> country;        // ISO 3166-1 alpha-2, when known
  std::vector<std::string> default_issuers;  // accepted when the policy has no allow list
};

/// One condition that does not hold. `key` and `requirement` are empty for conditions that are no leaf.
/// Reasons: not_proven, trust_too_low, issuer_not_trusted, score_too_low (leaves); country_unknown, country_denied,
/// too_early, too_late, cooldown, max_plays, opens_nothing.
struct Unmet {
  std::string path;
  std::string key;
  std::string requirement;
  std::string reason;
  std::string how;                                       // a sentence: what would meet it
  std::optional<std::chrono::seconds> retry_after = {};  // where time alone meets it
};

struct PathDecision {
  std::string path;
  bool met = false;
  std::vector<Unmet> unmet;          // empty exactly when met; meeting all of them meets the path
  std::vector<std::string> used;     // keys of the met leaves, sorted
  std::optional<Expiry> until = {};  // when the first of the used proofs ends, if one does
  double score = 0;                  // 0 when the path has none
  ResolvedTerms terms;
};

PathDecision evaluate_path(const Policy& policy, const Path& path, const Facts& facts);

/// One decision per path, in the policy's order.
std::vector<PathDecision> evaluate(const Policy& policy, const Facts& facts);

/// For rolling on: the requirements were met when the unlock was made; place, time and terms must hold still.
PathDecision evaluate_roll_on(const Path& path, const Facts& facts);

/// Facts from a file (`swarma policy check --facts`): {"now","slots","duration_ms","key_groups","country","proofs":
/// [{"key" | "requirement","trust","issuer"}],"uses":{"<path>":{"unlocks","last_unlock"}}}. A proof by requirement
/// stands for every leaf of that requirement. Without issuer: a default one. BadRequest "facts_invalid".
Result<Facts> parse_facts(const Json& json, const Policy& policy);

/// The "unmet" array of a keys/request refusal.
Json unmet_json(const std::vector<Unmet>& unmet);

}  // namespace swarma::access::policy
