// A policy that is still being written, explained to its author: all that is wrong with it, each fault with its place;
// and, once nothing is, what each way asks and opens, and what a viewer about whom these facts are known would meet.
// Pure. It decides by parse_policy, resolve and evaluate, as the broker does.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "access/policy/policy.h"

namespace swarma::access::policy {

struct Fault {
  std::string at;      // JSON Pointer of the object that is wrong: "/paths/0/requires/allOf/1/params"; "" the policy
  std::string member;  // the member of it that is meant, where the sentence names one
  std::string detail;  // the sentence without the place
};

/// Every fault that can be found independently of the others: one for each requirement, one for the rest of each way.
/// Empty exactly when parse_policy takes the policy.
std::vector<Fault> list_faults(const Json& policy);

struct ExplainContext {
  Instant now;
  std::string issuer;                              // DID: signs the proofs that name no issuer, and is a default one
  std::function<bool(const Leaf&)> is_verifiable;  // whether this node has a verifier for it
};

/// {"valid", "errors": [{"at","member","detail"}], "remarks": […], "paths": […]}. Every path is as an offer has it,
/// with "description" (describe_path) and "decision" {"met","unmet","used","score"}. `facts` as parse_facts reads them.
/// BadRequest "facts_invalid".
Result<Json> explain(const Json& policy, Json facts, const ExplainContext& context);

}  // namespace swarma::access::policy
