// Inside access/unlock: how this program meets each requirement. One file per requirement, listed in requirements.cpp.
#pragma once

#include <functional>
#include <optional>

#include "access/policy/policy.h"
#include "access/unlock/answers.h"
#include "base/error.h"
#include "base/json.h"

namespace swarma::access::unlock {

/// The cost of what a person has to be asked about: above everything that the machine does by itself.
inline constexpr double kAsking = 1e6;

/// Sends a message that comes before the response (actions/continue), and gives the verifier's reply.
using Say = std::function<Result<Json>(const Json& message)>;

struct Method {
  policy::Requirement requirement;
  /// What meeting it costs, in hashes (a click is worth one); nothing: it cannot be met with these answers.
  std::optional<double> (*cost)(const Json& params, const Answers& answers);
  /// The response to the verifier's challenge; nothing: the viewer declined. `params` are those of the signed record.
  Result<std::optional<Json>> (*answer)(const Json& params, const Json& challenge, const Answers& answers);
  /// What comes between challenge and response; false: the viewer declined. Null: nothing does.
  Result<bool> (*prepare)(const Json& challenge, const Answers& answers, const Say& say) = nullptr;
  /// Another response after this refusal; nothing: it stands. Null: it always does.
  std::optional<Json> (*retry)(const Error& refusal, const Answers& answers) = nullptr;
};

extern const Method kGoodwill, kPuzzle, kAllowlist, kEmail, kPayment, kAccounts;

/// Ownership of a token of a chain, one of the ways of kAllowlist (nft.cpp).
Result<std::optional<Json>> answer_nft(const Json& params, const Json& challenge, const Answers& answers);

/// A like, repost or follow on Nostr, one of the ways of kAccounts (nostr.cpp).
Result<std::optional<Json>> answer_nostr(const Json& params, const Json& challenge, const Answers& answers);

/// Null for a requirement that this program cannot meet.
const Method* find_method(policy::Requirement requirement);

}  // namespace swarma::access::unlock
