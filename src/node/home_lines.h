// A key agent at home: its lines to fabrics, opened from here, since nobody can call in through a home's router. Each
// line proves the agent's key, answers orders (access/grant/home_agent.h) on workers, and is opened again when it
// breaks: after a second or so, then twice as long each time, up to a minute, never two agents in step.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "crypto/keys.h"

namespace swarma::node {

struct HomeOptions {
  std::vector<std::string> fabrics;  // scheme://host[:port], without trailing slash
  std::string token;                 // of the fabrics' owner; empty for his own agent
  std::string ca_file;               // empty: the system's
  unsigned workers = 2;
};

class HomeLines {
 public:
  /// What people should hear: the fabric's URL, and a sentence. From any thread.
  using Tell = std::function<void(const std::string& fabric, const std::string& sentence)>;

  /// Begins to call. BadRequest "bad_url". `identity` and `clock` outlive this.
  static Result<std::unique_ptr<HomeLines>> open(HomeOptions options, const crypto::Identity& identity,
                                                 const Clock& clock, Tell tell);
  /// Ends the lines; what is being answered is finished.
  ~HomeLines();

 private:
  struct Impl;
  explicit HomeLines(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace swarma::node
