#include "client/patience.h"

#include <algorithm>
#include <thread>

namespace swarma::client {

bool Attempts::wait(std::optional<std::chrono::milliseconds> asked) {
  if (made_ >= patience_.attempts || (asked && *asked > patience_.longest_pause)) return false;
  std::this_thread::sleep_for(std::max(pause_, asked.value_or(pause_)));
  pause_ *= 2;
  ++made_;
  return true;
}

}  // namespace swarma::client
