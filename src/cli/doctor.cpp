// swarma doctor: is everything here that is needed, in sentences.
#include <fmt/format.h>
#include <sys/statvfs.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "cli/identity.h"
#include "cli/node_info.h"
#include "cli/program.h"
#include "cli/terminal.h"
#include "client/node_info.h"
#include "db/database.h"
#include "node/blob_care.h"
#include "node/config.h"
#include "node/descriptors.h"

namespace swarma::cli {
namespace {

struct DoctorOptions {
  Common common;
  std::string node, database;
  std::filesystem::path blobs;
  bool verify_blobs = false;
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
      node::share_descriptors(node::raise_descriptor_limit(), {.connections = defaults.http.max_connections,
                                                               .loops = defaults.http.loops,
                                                               .workers = defaults.http.workers,
                                                               .database_connections = defaults.database_connections});
  if (!budget) return {"open files", false, budget.error().message};
  return {
      "open files", budget->connections >= kEnough,
      fmt::format("the system allows {}: {} connections, {} files on their way, {} blobs kept open, {} for the rest{}",
                  budget->limit, budget->connections, budget->transfers, budget->cached_blobs, budget->reserved,
                  budget->connections >= kEnough ? "" : "; raise it with `ulimit -Hn` for many viewers")};
}

Finding check_database(const DoctorOptions& options) {
  const node::Config config{.data = options.common.data, .database = options.database};
  const auto database = db::Database::open(config.database_url(), 1);
  if (!database) return {"database", false, database.error().message};
  const auto rows = (*database)->query("SELECT 1");
  return {"database", rows.has_value(),
          rows ? ((*database)->is_postgresql() ? "PostgreSQL answers" : "SQLite opens") : rows.error().message};
}

Finding check_blobs(const DoctorOptions& options) {
  const node::Config config{.data = options.common.data, .database = options.database, .blobs = options.blobs};
  const auto there = file_exists(config.blob_folder());
  if (!there) return {"blobs", false, there.error().message};
  if (!*there) return {"blobs", true, "there is no blob folder yet"};
  const auto health = node::check_blobs(config, options.verify_blobs);
  if (!health) return {"blobs", false, health.error().message};
  std::string says = health->obstacle;
  if (!health->damaged.empty())
    says +=
        fmt::format("{}{} damaged on the disk and set aside in the folder damaged; publish {} film again to mend it",
                    says.empty() ? "" : " ",
                    health->damaged.size() == 1 ? "1 blob is" : fmt::format("{} blobs are", health->damaged.size()),
                    health->damaged.size() == 1 ? "its" : "each");
  if (!says.empty()) return {"blobs", false, says};
  return {"blobs", true,
          options.verify_blobs ? fmt::format("all {} are whole", health->verified)
                               : "belong to this database; --verify-blobs reads them all"};
}

Finding check_node(const std::string& url, const std::string& ca_file) {
  net::HttpClient http({.ca_file = ca_file});
  const auto parsed = parse_node_url(url);
  if (!parsed) return {"node", false, parsed.error().message};
  const auto info = client::read_node_info(http, *parsed);
  return {"node", info.has_value(),
          info ? (info->name.empty() ? "node" : info->name) + " answers at " + *parsed : info.error().message};
}

Result<void> doctor(const DoctorOptions& options) {
  std::vector<Finding> findings = {check_identity(options.common), check_disk(options.common), check_files(),
                                   check_database(options), check_blobs(options)};
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
  app->add_option("--blobs", o->blobs, "the folder of the blobs; default: blobs in --data");
  app->add_flag("--verify-blobs", o->verify_blobs, "read and hash every blob; damaged ones are set aside");
  commands.push_back({app, [o] { return doctor(*o); }});
}

}  // namespace swarma::cli
