// swarma verify evidence FILE: does the grant follow from what the file holds? Asks no node.
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "access/grant/evidence.h"
#include "base/file.h"
#include "cli/program.h"
#include "cli/terminal.h"

namespace swarma::cli {
namespace {

struct VerifyOptions {
  Common common;
  std::string file;
};

Result<void> verify_evidence(const VerifyOptions& options) {
  SWARMA_TRY(const Bytes bytes, read_file(options.file, access::grant::kMaxEvidenceBytes));
  SWARMA_TRY(const auto found, access::grant::check_evidence(as_text(bytes)));
  if (options.common.json) {
    print_json({{"follows", true},
                {"grant_id", found.grant.grant_id},
                {"title_id", found.record.id.text()},
                {"viewer", found.grant.viewer},
                {"shown", found.shown},
                {"not_shown", found.open}});
    return {};
  }
  tell("The grant follows.\n");
  for (const std::string& sentence : found.shown) tell("  ✓ {}\n", sentence);
  for (const std::string& sentence : found.open) tell("  ? {}\n", sentence);
  return {};
}

}  // namespace

void add_verify(CLI::App& program, Commands& commands) {
  auto o = std::make_shared<VerifyOptions>();
  CLI::App* group = program.add_subcommand("verify", "check signed things without asking a node");
  group->require_subcommand(1);
  CLI::App* app = group->add_subcommand("evidence", "check that a grant followed from its attestations and the policy");
  add_common(*app, o->common);
  app->add_option("file", o->file, "the answer of GET /v1/grants/{id}/evidence")->required();
  commands.push_back({app, [o] { return verify_evidence(*o); }});
}

}  // namespace swarma::cli
