#include "access/unlock/requirements.h"

namespace swarma::access::unlock {

const Method* find_method(policy::Requirement requirement) {
  for (const Method* method : {&kGoodwill, &kPuzzle, &kAllowlist, &kEmail, &kPayment, &kAccounts})
    if (method->requirement == requirement) return method;
  return nullptr;
}

}  // namespace swarma::access::unlock
