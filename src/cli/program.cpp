#include "cli/program.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <sstream>

#include "base/file.h"
#include "base/log.h"
#include "cli/terminal.h"
#include "crypto/secret.h"

namespace swarma::cli {
namespace {

constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;

std::string default_data_folder() {
  if (const char* xdg = std::getenv("XDG_DATA_HOME"); xdg != nullptr && *xdg != '\0')
    return std::string(xdg) + "/swarma";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0')
    return std::string(home) + "/.local/share/swarma";
  return "swarma-data";
}

std::string environment_name(std::string_view option) {
  std::string name = "SWARMA_";
  for (char c : option) name.push_back(c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c))));
  return name;
}

constexpr std::size_t kMaxConfigBytes = 1 << 20;

/// Takes over what the file of --config says and neither flag nor variable did. CLI11 reads such files for the main
/// program only; here each command has its own keys, those of its options, and a key that is none is an error.
Result<void> apply_config(CLI::App& app) {
  const CLI::Option* chosen = app.get_option("--config");
  if (chosen->count() == 0) return {};
  const auto path = chosen->as<std::string>();
  const auto refuse = [&path](const std::string& what) {
    return fail(ErrorCode::BadRequest, "usage", path + ": " + what);
  };
  const Result<Bytes> bytes = read_file(path, kMaxConfigBytes);
  if (!bytes) return fail(ErrorCode::BadRequest, "usage", bytes.error().message);
  std::istringstream text{std::string(as_text(*bytes))};
  try {
    for (const CLI::ConfigItem& item : CLI::ConfigTOML().from_config(text)) {
      if (item.name == "++" || item.name == "--") continue;                           // begin and end of a table
      if (!item.parents.empty() && item.parents.front() != app.get_name()) continue;  // another command's table
      CLI::Option* option = item.name == "config" ? nullptr : app.get_option_no_throw("--" + item.name);
      if (option == nullptr)
        return refuse("there is no option \"" + item.name + "\" (see swarma " + app.get_name() + " --help).");
      if (option->count() > 0) continue;
      for (const std::string& value : item.inputs)
        option->add_result(option->get_expected_max() == 0 ? option->get_flag_value(item.name, value) : value);
      option->run_callback();
    }
  } catch (const CLI::Error& error) {
    return refuse(error.what());
  }
  return {};
}

}  // namespace

void add_common(CLI::App& app, Common& common) {
  common.data = default_data_folder();
  app.add_option("--data", common.data, "home of the identity to act with, made on first use")->capture_default_str();
  app.add_option("--passphrase-file", common.passphrase_file, "file whose first line opens a protected identity");
  app.add_option("--ca-file", common.ca_file,
                 "PEM file to trust beside the system's, for a node with a certificate of its own")
      ->check(why_not_ordinary);
  app.add_flag("--json", common.json, "print one JSON object on standard output");
  app.add_flag("--quiet", common.quiet, "no progress on standard error");
  app.add_option("--config", "TOML file with options; a flag or a variable outweighs it");
}

std::string why_not_ordinary(const std::string& path) {
  std::error_code unknown;
  const auto status = std::filesystem::status(path, unknown);
  if (!std::filesystem::exists(status) || std::filesystem::is_regular_file(status)) return "";
  return path + " is not an ordinary file.";
}

void name_environment(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) {
    const auto& names = option->get_lnames();
    if (!names.empty() && names.front() != "help") option->envname(environment_name(names.front()));
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
  add_agent(program, commands);
  add_publish(program, commands);
  add_titles(program, commands);
  add_watch(program, commands);
  add_policy(program, commands);
  add_verifiers(program, commands);
  add_verify(program, commands);
  add_link(program, commands);
  add_token(program, commands);
  add_key(program, commands);
  add_blobs(program, commands);
  add_doctor(program, commands);
  for (const Command& command : commands) name_environment(*command.app);

  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? 0 : kWrongUsage;
  }
  for (const Command& command : commands) {
    if (!command.app->parsed() || !command.app->get_subcommands().empty()) continue;
    const Result<void> configured = apply_config(*command.app);
    if (const Result<void> done = configured ? command.run() : configured; !done) {
      print_error(done.error());
      return done.error().reason == "usage" ? kWrongUsage : kFailed;
    }
    return 0;
  }
  return kWrongUsage;
}

}  // namespace swarma::cli
