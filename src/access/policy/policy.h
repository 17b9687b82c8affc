// The terms of a title: paths, each a Boolean expression over requirements, and what a met path grants
// (docs/reference/protocol.md, "Policy"). Pure: no I/O, no clock. All types are values, safe to share once made.
//
// A Policy exists only if it is valid: parse_policy() checks every bound and every parameter, and refuses unknown
// members with the place ("the policy at /paths/0/requires/allOf/1/params") and the member's name in the sentence.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/json.h"

namespace swarma::access::policy {

inline constexpr std::size_t kMaxPaths = 16;
inline constexpr std::size_t kMaxLeaves = 64;  // in the whole policy
inline constexpr std::size_t kMaxDepth = 8;    // nested allOf/anyOf; a lone leaf has depth 1
inline constexpr std::size_t kMaxIssuers = 64;
inline constexpr int kMaxPuzzleBits = 40;  // 2^40 hashes: a day on a fast machine, more is a mistake

// Argon2id puzzles: what a phone still has, and what a node can afford to check.
inline constexpr int kMaxArgonBits = 20;
inline constexpr int kMinArgonKib = 1'024, kMaxArgonKib = 65'536;
inline constexpr int kMaxArgonPasses = 4;

enum class Requirement {
  GoodwillAck,
  PuzzleSolve,
  EmailVerify,
  SocialLike,
  CryptoPayment,
  WatchAd,
  AllowlistToken,
  AgeOver
};
inline constexpr std::size_t kRequirementCount = 8;

std::string_view to_string(Requirement requirement);  // "goodwill_ack"
std::optional<Requirement> find_requirement(std::string_view name);

/// One thing to prove.
struct Leaf {
  Requirement requirement = Requirement::GoodwillAck;
  std::string params = "{}";  // canonical JSON object
  double min_trust = 0;       // 0..1
  std::string key;            // leaf_key(requirement, params)
};

/// 16 hex digits: the start of SHA-256 over canonical {"params":…,"requirement":…}. min_trust is not part of it: the
/// same proof serves every leaf that asks for the same thing.
std::string leaf_key(Requirement requirement, std::string_view canonical_params);

struct Expression {
  enum class Kind { Leaf, AllOf, AnyOf };
  Kind kind = Kind::Leaf;
  std::size_t leaf = 0;              // Kind::Leaf: index into Path::leaves
  std::vector<Expression> children;  // otherwise: 1..64 of them
};

/// Weight × trust of each met leaf, summed over distinct leaf keys, must reach the threshold.
struct Score {
  double threshold = 0;
  std::map<Requirement, double> weights;
};

struct Geo {
  std::vector<std::string> allow, deny;  // ISO 3166-1 alpha-2, upper case; empty allow: everywhere but deny
};

/// What a path gives that opens no slots itself: a pass, which other paths ask for, of this title or of others of the
/// creator (allowlist_token {"pass": tier}).
struct PassTerms {
  std::string tier;              // [a-z0-9_-]{1,32}
  std::chrono::seconds life{0};  // from when it is given
  bool this_title_only = false;  // otherwise every title of the creator
};

/// What a met path gives, as written in the policy. resolve() turns it into slots of one title.
struct GrantTerms {
  std::optional<PassTerms> pass;   // then nothing of slots, groups, ttl and window is written
  std::optional<SlotRange> slots;  // at most one of slots and seconds
  std::optional<std::pair<std::int64_t, std::int64_t>> seconds;
  std::vector<std::string> key_groups;                       // empty: all
  std::chrono::seconds ttl = std::chrono::hours(6);          // life of one grant
  std::chrono::seconds unlock_life = std::chrono::days(30);  // life of the unlock; at least ttl
  std::int64_t window_s = 0;                                 // most film seconds one grant opens; 0: all
  std::int64_t count = 0;                                    // grants per unlock; 0: no limit
  std::int64_t max_plays = 0;                                // unlocks of this path per viewer; 0: no limit
  std::chrono::seconds cooldown{0};                          // between two unlocks of this path by one viewer
  Geo geo;
  std::optional<Instant> from;
  std::optional<Expiry> until;
};

struct Path {
  std::string id;     // [a-z0-9_-]{1,32}
  std::string label;  // at most 200 bytes
  std::vector<Leaf> leaves;
  std::optional<Expression> requires_;  // none: an open path
  std::optional<Score> score;
  GrantTerms grants;
  bool open() const { return !requires_; }
};

/// The measures of a title that terms refer to.
struct TitleShape {
  Slot slots = 1;
  std::int64_t duration_ms = 0;
  std::vector<std::string> key_groups;
};

/// Terms in slots of one title. `slots` is empty when the path gives a pass, and may be when the policy names only
/// slots beyond the film's end.
struct ResolvedTerms {
  SlotRange slots;
  std::vector<std::string> key_groups;
  Slot window_slots = 1;  // most slots one grant opens, >= 1
};

class Policy {
 public:
  const std::vector<Path>& paths() const { return paths_; }
  const Path* find_path(std::string_view id) const;
  /// The first leaf with this key in any path.
  const Leaf* find_leaf(std::string_view key) const;
  /// RFC 8785 text: what is signed in the record and hashed as policy_hash.
  const std::string& canonical() const { return canonical_; }
  /// Deny wins; a non-empty allow list is exhaustive; otherwise `defaults` (the node's own verifiers) are accepted.
  bool accepts_issuer(std::string_view did, const std::vector<std::string>& defaults) const;

 private:
  friend class PolicyParser;
  Policy() = default;
  std::vector<Path> paths_;
  std::vector<std::string> allowed_issuers_, denied_issuers_;
  std::string canonical_;
};

/// BadRequest "policy_invalid" with a sentence that names the place and what it must be.
Result<Policy> parse_policy(const Json& json);
Result<Policy> parse_policy_text(std::string_view json);  // at most 8 KiB: it must fit into a title record

/// begin = floor(s·slots/duration), end = ceil(…), clipped to the title; window = max(1, floor(…)).
ResolvedTerms resolve(const GrantTerms& terms, const TitleShape& shape);

/// For publishing: every path must open at least one slot and name only key groups the title has.
/// BadRequest "policy_does_not_fit".
Result<void> check_fits(const Policy& policy, const TitleShape& shape);

/// What a creator may not have meant, in sentences that say what helps: a way without a condition that opens the whole
/// film while other ways ask for something.
std::vector<std::string> remarks(const Policy& policy, const TitleShape& shape);

/// One sentence for people: "Accept “I will tell a friend.”, and solve a puzzle (18 bits) or enter a code of “friends”:
/// opens the first 10:00 in sd, hd."
std::string describe_path(const Path& path, const TitleShape& shape);
/// What a viewer does to meet a leaf: "Solve a puzzle of 18 bits (about 262,144 hashes)."
std::string describe_leaf(const Leaf& leaf);
/// Reads [begin, end] of integers with 0 <= begin <= end <= max.
std::optional<std::pair<std::int64_t, std::int64_t>> find_range(const Json& json, std::int64_t max);

}  // namespace swarma::access::policy
