// swarma blobs adopt: the operator's word that a blob folder belongs to one database alone.
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/program.h"
#include "cli/terminal.h"
#include "node/blob_care.h"

namespace swarma::cli {
namespace {

struct BlobsOptions {
  Common common;
  std::string database;
  std::filesystem::path blobs;
};

Result<void> adopt(const BlobsOptions& options) {
  SWARMA_RETURN_IF_ERROR(
      node::adopt_blobs({.data = options.common.data, .database = options.database, .blobs = options.blobs}));
  if (options.common.json)
    print_json({{"adopted", true}});
  else
    say("The blob folder belongs to this database alone now. Blobs that none of its titles names go in a week.");
  return {};
}

}  // namespace

void add_blobs(CLI::App& program, Commands& commands) {
  auto o = std::make_shared<BlobsOptions>();
  CLI::App* blobs = program.add_subcommand("blobs", "the folder of a node's blobs");
  blobs->require_subcommand(1);
  CLI::App* app =
      blobs->add_subcommand("adopt", "say that the blob folder belongs to this database alone, so that it is swept");
  add_common(*app, o->common);
  app->add_option("--database", o->database, "the database; default: the one in --data");
  app->add_option("--blobs", o->blobs, "the folder; default: blobs in --data");
  commands.push_back({app, [o] { return adopt(*o); }});
}

}  // namespace swarma::cli
