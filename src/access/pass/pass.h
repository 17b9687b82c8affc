// A pass: a creator's word that one viewer belongs to a tier until a date, for one title, some, or all of them. A W3C
// Verifiable Credential 2.0 as a JWT (vc-jose-cose), so that other people's wallets can hold and check it.
//
//   typ "vc+jwt"; credentialSubject {"id": "urn:ietf:params:oauth:jwk-thumbprint:sha-256:<jkt>", "tier", "titles":
//   "all" or a list of ids, "version": 1}; credentialStatus: an entry of a bitstring status list.
//
// A pass belongs to a key. A viewer who has another key for every title shows it with a proof by the pass's key that
// the title's key may use it (holder.h); there is no presentation around it. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "crypto/keys.h"

namespace swarma::access::pass {

inline constexpr std::size_t kMaxPassBytes = 16 * 1024;
inline constexpr std::size_t kMaxPassTitles = 100;
inline constexpr std::chrono::seconds kPassSkew{60};  // between this clock and the one that gave the pass

/// What unlocks made of a pass rest on: this and its id.
inline constexpr std::string_view kPassBasis = "pass:";

/// Where it can be seen that a pass was revoked.
struct StatusEntry {
  std::string list;    // URL of the status list
  crypto::Did signer;  // of the list
  std::uint32_t index = 0;
};

struct Pass {
  std::string id;  // base64url, 16 bytes; travels as "urn:swarma:pass:<id>"
  crypto::Did issuer;
  std::string subject;          // jkt
  std::string tier;             // [a-z0-9_-]{1,32}
  std::vector<TitleId> titles;  // empty: all of the creator
  Instant valid_from;
  Expiry valid_until;
  std::optional<StatusEntry> status;

  bool covers(const TitleId& title) const;
};

Result<std::string> sign_pass(const Pass& pass, const crypto::SigningKey& creator);

/// What a pass must be here. `issuer_jkt`: of the title's creator.
struct PassExpectation {
  std::string issuer_jkt;
  std::string holder;  // jkt
  TitleId title;
  std::string tier;
  Instant now;
};
/// Type, issuer, signature, holder, tier, title and time; not whether it was revoked. Forbidden: pass_forged,
/// pass_other_creator, pass_other_holder, pass_other_tier, pass_other_title, pass_not_yet_valid, pass_expired.
Result<Pass> verify_pass(std::string_view jws, const PassExpectation& expected);

}  // namespace swarma::access::pass
