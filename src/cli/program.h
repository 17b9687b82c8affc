// The command line: one file per command (serve.cpp, publish.cpp, …), each adds itself to the program.
//
// Contract (tests/e2e-cli holds it): `--json` prints one JSON object on standard output, progress and messages go to
// standard error; exit 0 done, 1 failed, 2 wrong usage; every command takes --data DIR, the home of the identity it
// acts with. Every option is a flag, an environment variable SWARMA_<NAME> and a key of the same name in the file of
// --config.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/json.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace swarma::cli {

int run(int argc, char** argv);

/// What every command shares.
struct Common {
  std::filesystem::path data;
  std::string passphrase_file;
  std::string ca_file;  // trusts a node's own certificate
  bool json = false;
  bool quiet = false;
};

/// A command: its options, and what it does once they are parsed.
struct Command {
  CLI::App* app = nullptr;
  std::function<Result<void>()> run;
};

using Commands = std::vector<Command>;

void add_serve(CLI::App& program, Commands& commands);
void add_agent(CLI::App& program, Commands& commands);
void add_publish(CLI::App& program, Commands& commands);
void add_titles(CLI::App& program, Commands& commands);
void add_token(CLI::App& program, Commands& commands);
void add_watch(CLI::App& program, Commands& commands);
void add_policy(CLI::App& program, Commands& commands);
void add_verifiers(CLI::App& program, Commands& commands);
void add_verify(CLI::App& program, Commands& commands);
void add_link(CLI::App& program, Commands& commands);
void add_key(CLI::App& program, Commands& commands);
void add_blobs(CLI::App& program, Commands& commands);
void add_doctor(CLI::App& program, Commands& commands);

/// --data, --json, --quiet, --passphrase-file on a command.
void add_common(CLI::App& app, Common& common);
/// For options that name a file which a library will open: empty, or the sentence why it is a folder, a pipe, a socket
/// or a device, which would be waited for.
std::string why_not_ordinary(const std::string& path);
/// Gives every option of the command its SWARMA_… variable: --max-body → SWARMA_MAX_BODY.
void name_environment(CLI::App& app);

}  // namespace swarma::cli
