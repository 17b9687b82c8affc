// Passes that another node gave: whether they still hold is in that node's status list, which is fetched and kept for a
// short time. Passes that opened something here are remembered until they end, so that a revocation there ends here
// what was opened. Safe for concurrent use.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "access/attest/verifier.h"
#include "access/pass/pass.h"
#include "access/pass/status_list.h"

namespace swarma::access::attest {

inline constexpr std::chrono::seconds kListFresh{60};  // a list is asked for again after
inline constexpr std::chrono::hours kListUsable{1};    // and, while its node does not answer, believed for so long
inline constexpr std::size_t kMaxKeptLists = 64;

class ForeignPasses {
 public:
  /// `outbound` may be null: then nobody can be asked. `run`: VerifierNeeds::run.
  ForeignPasses(db::Database& database, net::Outbound* outbound,
                std::function<void(std::move_only_function<void()>)> run);
  ~ForeignPasses();

  /// Forbidden "pass_revoked"; Unavailable "pass_status_unknown" when its node has not answered for an hour.
  void check(const pass::Pass& pass, Instant now, Done<bool> done);

  /// Part of the transaction that accepts it.
  static Result<void> remember(db::Session& session, const pass::Pass& pass);

  /// Looks once more at the lists of all that are remembered; gives the ids of those revoked, which it forgets.
  void look_again(Instant now, Done<std::vector<std::string>> done);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace swarma::access::attest
