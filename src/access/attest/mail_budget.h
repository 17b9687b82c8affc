// How many mails an operator lets leave.
#pragma once

#include "base/options.h"

namespace swarma::access::attest {

struct MailBudget {
  unsigned per_hour = 1'000;  // of all nodes of a database; one title may use three tenths
};

inline void describe(OptionSet& options, MailBudget& budget) {
  options.push_back({.name = "mails-per-hour",
                     .target = &budget.per_hour,
                     .help = "mails to viewers that leave in any hour, over all nodes of a database; one title may use "
                             "three tenths of them",
                     .min = 1,
                     .max = 1'000'000});
}

}  // namespace swarma::access::attest
