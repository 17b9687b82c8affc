// Options that a module describes (base/options.h), as options of a command.
#pragma once

#include "base/options.h"

namespace CLI {
class App;
}

namespace swarma::cli {

/// The targets outlive the command's run.
void add_options(CLI::App& app, const OptionSet& options);

}  // namespace swarma::cli
