// Housekeeping of this module's tables.
#pragma once

#include "once/answers.h"
#include "once/proofs.h"

namespace swarma::once {

/// Forgets what cannot be repeated any more. One per process, made at its start.
class Pruning {
 public:
  Pruning(db::Database& database, const Clock& clock) : database_(database), clock_(clock), unhurried_(clock) {}
  /// The number of proofs and answers forgotten.
  Result<std::int64_t> run() {
    SWARMA_TRY(const std::int64_t proofs, prune_proofs(database_, unhurried_.now()));
    SWARMA_TRY(const std::int64_t answers, prune_answers(database_, clock_.now()));
    return proofs + answers;
  }

 private:
  db::Database& database_;
  const Clock& clock_;
  UnhurriedClock unhurried_;
};

}  // namespace swarma::once
