// swarma titles: what a node has.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/node_info.h"
#include "cli/program.h"
#include "cli/terminal.h"
#include "client/node_info.h"

namespace swarma::cli {
namespace {

struct TitlesOptions {
  Common common;
  std::string node = "http://127.0.0.1:8420", query;
};

Result<void> titles(const TitlesOptions& options) {
  SWARMA_TRY(const std::string node, parse_node_url(options.node));
  net::HttpClient http({.ca_file = options.common.ca_file});
  Json all = Json::array();
  std::string cursor;
  do {
    SWARMA_TRY(const Json page,
               client::get_json(http, node + "/v1/catalog/search?limit=100&q=" + net::percent_encode(options.query) +
                                          (cursor.empty() ? "" : "&cursor=" + net::percent_encode(cursor))));
    const JsonReader reader(page, "catalog page");
    SWARMA_TRY(const Json* list, reader.array("titles", 100));
    for (const Json& title : *list) all.push_back(title);
    SWARMA_TRY(cursor, reader.text_or("next", 400, ""));
  } while (!cursor.empty());
  if (options.common.json) {
    print_json(Json{{"titles", all}});
    return {};
  }
  if (all.empty()) say(options.query.empty() ? "This node has no titles yet." : "No title matches.");
  for (const Json& title : all) {
    const JsonReader reader(title, "title");
    SWARMA_TRY(const std::string id, reader.text("title_id", 26));
    SWARMA_TRY(const std::string name, reader.text("name", 400));
    SWARMA_TRY(const std::int64_t duration, reader.integer("duration_ms", 0, INT64_MAX));
    tell("{}  {:>8}  {}\n", id, format_duration(duration), name);
  }
  return {};
}

}  // namespace

void add_titles(CLI::App& program, Commands& commands) {
  auto o = std::make_shared<TitlesOptions>();
  CLI::App* app = program.add_subcommand("titles", "list and search what a node has");
  add_common(*app, o->common);
  app->add_option("--node", o->node, "the node")->capture_default_str();
  app->add_option("--query", o->query, "words to look for");
  commands.push_back({app, [o] { return titles(*o); }});
}

}  // namespace swarma::cli
