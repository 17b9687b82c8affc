// Passes, from the creator to a holder: by a path of a policy that gives one, or by the creator's own hand; and taken
// back. What a pass was given for (attestations, counts) and the pass itself are one transaction, and the signed pass
// is kept, so that an answer that got lost can be fetched again. Safe for concurrent use.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "access/attest/attestation.h"
#include "access/attest/verifier.h"
#include "access/grant/pass_agent.h"
#include "access/grant/prepared_titles.h"
#include "access/pass/pass_book.h"
#include "base/clock.h"
#include "db/database.h"

namespace swarma::access::grant {

inline constexpr std::size_t kMaxPassAttestations = 16;

struct PassRequest {
  TitleId title;
  std::int64_t revision = 1;
  std::string path;
  std::vector<std::string> attestations;  // JWS
  std::string holder_proof;  // pass::prove_holder with the title's id as nonce; empty: the viewer's own key
  std::string viewer;        // jkt of the DPoP proof
  std::string base_url;      // of this node: where the status list is
  std::string body = {};     // as it was sent, and
  std::string dpop = {};     // the proof of it: for an agent elsewhere
};
/// Parses a body strictly; BadRequest names the member. What is not in it is left to the caller.
Result<PassRequest> parse_pass_request(const Json& body);

/// A pass by the creator's own hand.
struct HandedPass {
  std::string holder;  // jkt
  std::string tier;
  std::vector<TitleId> titles;  // empty: all
  std::chrono::seconds life{0};
  std::string base_url;
};

class PassDesk {
 public:
  struct Parts {
    db::Database& database;
    const Clock& clock;
    PreparedTitles& titles;
    PassAgent& agent;
    const crypto::SigningKey& node;  // signs status lists, and passes by hand
    std::vector<std::string> own_issuers;
    attest::StillGood still_good = {};
  };
  explicit PassDesk(Parts parts);
  ~PassDesk();

  /// The signed pass. Reasons: title_not_found, not_current_revision, path_unknown, path_gives_no_pass, policy_unmet,
  /// cooldown, max_plays, holder_proof_bad, and those of attestations, as in broker.h.
  void request(PassRequest request, attest::Done<std::string> done);

  /// Signed by the node's key: for titles whose creator that is. BadRequest "pass_bad".
  Result<std::string> give(const HandedPass& pass);
  /// NotFound "pass_unknown". Ends all unlocks made of it; a grant that is out keeps working until it expires.
  Result<void> revoke(const std::string& pass_id, const std::string& issuer_jkt);

  /// A status list, signed.
  Result<std::string> status_list(std::int64_t list, const std::string& base_url);
  std::string list_url(const std::string& base_url, std::int64_t list) const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace swarma::access::grant
