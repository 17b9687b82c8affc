// swarma doctor: is everything here that is needed, in sentences.
#include <fmt/format.h>
#include <sys/statvfs.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/identity.h"
#include "cli/node_info.h"
#include "cli/program.h"
#include "cli/terminal.h"
#include "db/database.h"
#include "node/config.h"
#include "node/descriptors.h"

namespace swarma::cli {
namespace {

struct DoctorOptions {
  Common common;
  std::string node, database;
};

struct Finding {
  std::string what;
  bool good = false;
  std::string says;
};

Finding check_identity(const Common& common) {
  const auto identity = open_identity(common);
  return {"identity", identity.has_value(), identity ? identity->signing.did().text() : identity.error().message};
}

Finding check_disk(const Common& common) {
  static constexpr std::uint64_t kEnough = 2'000'000'000;
  struct statvfs info{};
  if (statvfs(common.data.c_str(), &info) != 0)
    return {"disk", false, "Cannot look at the disk of " + common.data.string() + "."};
  const std::uint64_t free_bytes = std::uint64_t{info.f_bavail} * info.f_frsize;
  return {"disk", free_bytes >= kEnough,
          format_bytes(static_cast<std::int64_t>(free_bytes)) + " free for " + common.data.string()};
}

Finding check_files() {
  static constexpr std::size_t kEnough = 1'024;
  const node::Config defaults;
  const auto budget =
      node::share_descriptors(node::raise_descriptor_limit(), {.connections = defaults.max_connections,
                                                               .loops = defaults.loops,
                                                               .workers = defaults.workers,
                                                               .database_connections = defaults.database_connections});
  if (!budget) return {"open files", false, budget.error().message};
  return {
      "open files", budget->connections >= kEnough,
      fmt::format("the system allows {}: {} connections, {} files on their way, {} blobs kept open, {} for the rest{}",
                  budget->limit, budget->connections, budget->transfers, budget->cached_blobs, budget->reserved,
                  budget->connections >= kEnough ? "" : "; raise it with `ulimit -Hn` for many viewers")};
}

Finding check_database(const DoctorOptions& options) {
  const std::string url =
      options.database.empty() ? "sqlite:" + (options.common.data / "swarma.db").string() : options.database;
  const auto database = db::Database::open(url, 1);
  if (!database) return {"database", false, database.error().message};
  const auto rows = (*database)->query("SELECT 1");
  return {"database", rows.has_value(),
          rows ? ((*database)->is_postgresql() ? "PostgreSQL answers" : "SQLite opens") : rows.error().message};
}

Finding check_node(const std::string& url, const std::string& ca_file) {
  net::HttpClient http({.ca_file = ca_file});
  const auto parsed = parse_node_url(url);
  if (!parsed) return {"node", false, parsed.error().message};
  const auto info = fetch_node_name(http, *parsed);
  return {"node", info.has_value(), info ? *info + " answers at " + *parsed : info.error().message};
}

Result<void> doctor(const DoctorOptions& options) {
  std::vector<Finding> findings = {check_identity(options.common), check_disk(options.common), check_files(),
                                   check_database(options)};
  if (!options.node.empty()) findings.push_back(check_node(options.node, options.common.ca_file));
  bool well = true;
  Json out = Json::array();
  for (const Finding& finding : findings) {
    well = well && finding.good;
    out.push_back({{"what", finding.what}, {"good", finding.good}, {"says", finding.says}});
    if (!options.common.json) tell("{} {:<11} {}\n", finding.good ? "✓" : "✗", finding.what, finding.says);
  }
  if (options.common.json) print_json(Json{{"well", well}, {"findings", out}});
  if (!well)
    return fail(ErrorCode::Unavailable, "not_well",
                "Not everything is as it should be; the lines marked ✗ say what to mend.");
  return {};
}

}  // namespace

void add_doctor(CLI::App& program, Commands& commands) {
  auto o = std::make_shared<DoctorOptions>();
  CLI::App* app = program.add_subcommand("doctor", "check that this machine has what Swarma needs");
  add_common(*app, o->common);
  app->add_option("--node", o->node, "also ask this node");
  app->add_option("--database", o->database, "the database to try; default: the one in --data");
  commands.push_back({app, [o] { return doctor(*o); }});
}

}  // namespace swarma::cli
