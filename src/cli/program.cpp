#include "cli/program.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdlib>

#include "base/log.h"
#include "cli/terminal.h"
#include "crypto/secret.h"

namespace swarma::cli {
namespace {

constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;

std::string default_data_folder() {
  if (const char* xdg = std::getenv("XDG_DATA_HOME"); xdg != nullptr && *xdg != '\0') return std::string(xdg) + "/swarma";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0') return std::string(home) + "/.local/share/swarma";
  return "swarma-data";
}

std::string environment_name(std::string_view option) {
  std::string name = "SWARMA_";
  for (char c : option) name.push_back(c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c))));
  return name;
}

}  // namespace

void add_common(CLI::App& app, Common& common) {
  common.data = default_data_folder();
  app.add_option("--data", common.data, "home of the identity to act with, made on first use")->capture_default_str();
  app.add_option("--passphrase-file", common.passphrase_file, "file whose first line opens a protected identity");
  app.add_option("--ca-file", common.ca_file, "PEM file to trust beside the system's, for a node with a certificate of its own");
  app.add_flag("--json", common.json, "print one JSON object on standard output");
  app.add_flag("--quiet", common.quiet, "no progress on standard error");
  app.set_config("--config", "", "options from a TOML file")->envname("SWARMA_CONFIG");
}

void name_environment(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) {
    const auto& names = option->get_lnames();
    if (!names.empty() && names.front() != "help" && names.front() != "config") option->envname(environment_name(names.front()));
  }
}

int run(int argc, char** argv) {
  crypto::protect_process_memory();
  std::signal(SIGPIPE, SIG_IGN);

  CLI::App program("Publish a film from your own machine; anyone who meets your terms can watch it.", "swarma");
  program.set_version_flag("--version", "swarma " SWARMA_VERSION);
  program.require_subcommand(1);
  Commands commands;
  add_serve(program, commands);
  add_publish(program, commands);
  add_titles(program, commands);
  add_watch(program, commands);
  add_policy(program, commands);
  add_link(program, commands);
  add_key(program, commands);
  add_doctor(program, commands);
  for (const Command& command : commands) name_environment(*command.app);

  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? 0 : kWrongUsage;
  }
  for (const Command& command : commands) {
    if (!command.app->parsed() || !command.app->get_subcommands().empty()) continue;
    if (const Result<void> done = command.run(); !done) {
      print_error(done.error());
      return done.error().reason == "usage" ? kWrongUsage : kFailed;
    }
    return 0;
  }
  return kWrongUsage;
}

}  // namespace swarma::cli
