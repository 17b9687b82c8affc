// swarma policy check FILE: is a policy valid, what does it say in plain words, and would these facts meet it.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "access/policy/evaluate.h"
#include "base/file.h"
#include "cli/node_info.h"
#include "cli/program.h"
#include "cli/terminal.h"

namespace swarma::cli {
namespace {

namespace policy = access::policy;

struct PolicyOptions {
  Common common;
  std::string file, facts;
};

Json decision_json(const policy::PathDecision& decision) {
  return {{"path", decision.path},
          {"met", decision.met},
          {"unmet", policy::unmet_json(decision.unmet)},
          {"used", decision.used},
          {"slots", {decision.terms.slots.begin, decision.terms.slots.end}},
          {"key_groups", decision.terms.key_groups}};
}

void print_decision(const policy::PathDecision& decision) {
  tell("  {} {}\n", decision.met ? "✓" : "✗", decision.path);
  for (const policy::Unmet& unmet : decision.unmet) tell("      {}: {}\n", unmet.reason, unmet.how);
}

Result<void> check(const PolicyOptions& options) {
  static constexpr std::size_t kMaxFacts = 64 * 1024;
  SWARMA_TRY(const ChosenPolicy chosen, load_policy(options.file));
  SWARMA_TRY(const policy::Policy parsed, policy::parse_policy_text(chosen.canonical));
  Json out = {{"valid", true}, {"paths", Json::array()}};
  policy::TitleShape shape{900, 3'600'000, {"hd", "sd"}};  // an hour, to put terms into words
  std::vector<policy::PathDecision> decisions;
  if (!options.facts.empty()) {
    SWARMA_TRY(const Bytes bytes, read_file(options.facts, kMaxFacts));
    SWARMA_TRY(const Json json, parse_json(as_text(bytes)));
    SWARMA_TRY(const policy::Facts facts, policy::parse_facts(json, parsed));
    shape = facts.title;
    decisions = policy::evaluate(parsed, facts);
    out["decisions"] = Json::array();
    for (const auto& decision : decisions) out["decisions"].push_back(decision_json(decision));
  }
  for (const auto& path : parsed.paths())
    out["paths"].push_back({{"id", path.id}, {"description", policy::describe_path(path, shape)}});
  if (options.common.json) {
    print_json(out);
    return {};
  }
  tell("The policy is valid.\n");
  for (const Json& path : out["paths"])
    tell("  {}: {}\n", path["id"].get<std::string>(), path["description"].get<std::string>());
  if (!decisions.empty()) tell("With these facts:\n");
  for (const auto& decision : decisions) print_decision(decision);
  return {};
}

}  // namespace

void add_policy(CLI::App& program, Commands& commands) {
  auto o = std::make_shared<PolicyOptions>();
  CLI::App* group = program.add_subcommand("policy", "terms of a title");
  group->require_subcommand(1);
  CLI::App* app = group->add_subcommand("check", "check a policy and put it into words");
  add_common(*app, o->common);
  app->add_option("file", o->file, "the policy, or a preset")->required();
  app->add_option("--facts", o->facts, "JSON file: what is known about a viewer");
  commands.push_back({app, [o] { return check(*o); }});
}

}  // namespace swarma::cli
