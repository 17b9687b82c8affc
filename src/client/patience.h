// How often a request is repeated, and how long one waits in between.
#pragma once

#include <chrono>
#include <optional>

namespace swarma::client {

struct Patience {
  int attempts = 6;
  std::chrono::milliseconds first_pause{200};  // doubling; longer where the node says how long
  std::chrono::seconds longest_pause{30};      // a node that asks for more is not waited for
};

/// The attempts of one request.
class Attempts {
 public:
  explicit Attempts(const Patience& patience) : patience_(patience), pause_(patience.first_pause) {}

  /// Blocks until the next attempt is due. False when there are no more, or the node asks for too long a wait
  /// (`asked`).
  bool wait(std::optional<std::chrono::milliseconds> asked);

 private:
  Patience patience_;
  std::chrono::milliseconds pause_;
  int made_ = 1;
};

}  // namespace swarma::client
