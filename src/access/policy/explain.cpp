#include "access/policy/explain.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "access/policy/evaluate.h"
#include "access/policy/offer.h"
#include "access/policy/parser.h"

namespace swarma::access::policy {
namespace {

constexpr std::string_view kPlace = "policy at ";
constexpr std::string_view kFirstPath = "/paths/0";

/// The place and the member, from a sentence that names them (policy.h).
Fault fault_of(const Error& error, std::size_t path = 0) {
  Fault fault;
  std::string text = error.message;
  if (const auto begin = text.find(kPlace); begin != std::string::npos) {
    const std::size_t place = begin + kPlace.size();
    const std::size_t end = std::min(text.find_first_of(", ", place), text.size());
    fault.at = text.substr(place, end - place);
    while (fault.at.ends_with('.') || fault.at.ends_with('/')) fault.at.pop_back();
    if (fault.at.starts_with(kFirstPath)) fault.at.replace(0, kFirstPath.size(), "/paths/" + std::to_string(path));
    if (text.starts_with("In the policy at ")) text.erase(0, std::min(end + 2, text.size()));
  }
  if (const auto open = text.find('"'); open != std::string::npos)
    if (const auto close = text.find('"', open + 1); close != std::string::npos)
      fault.member = text.substr(open + 1, close - open - 1);
  fault.detail = std::move(text);
  return fault;
}

/// One fault for each requirement of an expression. The expression as such is judged with its whole path.
void list_leaf_faults(const Json& json, const std::string& at, std::size_t depth, std::vector<Fault>& faults) {
  for (const char* name : {"allOf", "anyOf"})
    if (const auto list = json.is_object() ? json.find(name) : json.end(); json.is_object() && list != json.end()) {
      for (std::size_t i = 0; list->is_array() && i < list->size() && depth < kMaxDepth; ++i)
        list_leaf_faults((*list)[i], at + "/" + name + "/" + std::to_string(i), depth + 1, faults);
      return;
    }
  std::vector<Leaf> leaves;
  if (const auto parsed = parse_expression(json, at, leaves); !parsed) faults.push_back(fault_of(parsed.error()));
}

void list_path_faults(const Json& path, std::size_t index, std::vector<Fault>& faults) {
  const std::size_t before = faults.size();
  const auto judge = [&](const Json& alone) {
    const auto parsed = parse_policy({{"version", 1}, {"paths", Json::array({alone})}});
    if (!parsed) faults.push_back(fault_of(parsed.error(), index));
  };
  if (path.is_object() && path.contains("requires")) {
    const std::string at = "/paths/" + std::to_string(index) + "/requires";
    std::vector<Fault> found;
    list_leaf_faults(path["requires"], at, 1, found);
    std::ranges::move(found, std::back_inserter(faults));
    Json rest = path;
    rest.erase("requires");
    rest.erase("score");
    judge(rest);
  }
  if (faults.size() == before) judge(path);
}

Json fault_json(const Fault& fault) {
  return {{"at", fault.at}, {"member", fault.member}, {"detail", fault.detail}};
}

Json decision_json(const PathDecision& decision) {
  return {
      {"met", decision.met}, {"unmet", unmet_json(decision.unmet)}, {"used", decision.used}, {"score", decision.score}};
}

/// Whatever the facts leave open is as it is here and now.
void complete_facts(Json& facts, const ExplainContext& context) {
  if (!facts.is_object()) return;  // parse_facts says so
  if (!facts.contains("now")) facts["now"] = context.now.unix_s();
  if (!facts.contains("default_issuers")) facts["default_issuers"] = Json::array({context.issuer});
  if (const auto proofs = facts.find("proofs"); proofs != facts.end() && proofs->is_array())
    for (Json& proof : *proofs)
      if (proof.is_object() && !proof.contains("issuer")) proof["issuer"] = context.issuer;
}

}  // namespace

std::vector<Fault> list_faults(const Json& policy) {
  std::vector<Fault> faults;
  const auto paths = policy.is_object() ? policy.find("paths") : policy.end();
  if (policy.is_object() && paths != policy.end() && paths->is_array() && paths->size() <= kMaxPaths)
    for (std::size_t i = 0; i < paths->size(); ++i) list_path_faults((*paths)[i], i, faults);
  if (!faults.empty()) return faults;
  if (const auto whole = parse_policy(policy); !whole) faults.push_back(fault_of(whole.error()));
  return faults;
}

Result<Json> explain(const Json& policy, Json facts, const ExplainContext& context) {
  Json out = {{"valid", false}, {"errors", Json::array()}, {"remarks", Json::array()}, {"paths", Json::array()}};
  for (const Fault& fault : list_faults(policy)) out["errors"].push_back(fault_json(fault));
  if (!out["errors"].empty()) return out;
  SWARMA_TRY(const Policy parsed, parse_policy(policy));
  complete_facts(facts, context);
  SWARMA_TRY(const Facts known, parse_facts(facts, parsed));
  if (const auto fits = check_fits(parsed, known.title); !fits) {
    out["errors"].push_back(fault_json({.at = "/paths", .member = {}, .detail = fits.error().message}));
    return out;
  }
  out["valid"] = true;
  out["remarks"] = remarks(parsed, known.title);
  out["paths"] = offer_paths(parsed, known.title, context.is_verifiable);
  const std::vector<PathDecision> decisions = evaluate(parsed, known);
  for (std::size_t i = 0; i < decisions.size(); ++i) {
    out["paths"][i]["description"] = describe_path(parsed.paths()[i], known.title);
    out["paths"][i]["decision"] = decision_json(decisions[i]);
  }
  return out;
}

}  // namespace swarma::access::policy
