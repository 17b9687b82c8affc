// swarma key show: who this data folder acts as. Public keys only.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/identity.h"
#include "cli/program.h"
#include "cli/terminal.h"

namespace swarma::cli {
namespace {

Result<void> show(const Common& common) {
  SWARMA_TRY(const crypto::Identity identity, open_identity(common));
  const std::string encryption = identity.decryption.encryption_key().did();
  if (common.json) {
    const Json out = {{"did", identity.signing.did().text()},
                      {"jkt", identity.signing.jkt()},
                      {"encryption", encryption},
                      {"data", common.data.string()}};
    print_json(out);
  } else {
    tell("identity    {}\nencryption  {}\nthumbprint  {}\nkept in     {}\n", identity.signing.did().text(), encryption,
         identity.signing.jkt(), common.data.string());
  }
  return {};
}

}  // namespace

void add_key(CLI::App& program, Commands& commands) {
  auto common = std::make_shared<Common>();
  CLI::App* key = program.add_subcommand("key", "the identity of this data folder");
  key->require_subcommand(1);
  CLI::App* app = key->add_subcommand("show", "print the public keys");
  add_common(*app, *common);
  commands.push_back({app, [common] { return show(*common); }});
}

}  // namespace swarma::cli
