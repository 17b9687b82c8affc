// Work that returns: each timer runs when its time has come by the Clock, one after the other, on one thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/error.h"

namespace swarma::work {

struct Timer {
  std::string name;  // for the log
  std::chrono::seconds every{60};
  /// Safe to repeat, at any time and by several nodes at once. What it returns is logged if it is an error.
  std::function<Result<void>()> run;
};

class Timers {
 public:
  /// Begins to run; each timer for the first time when its period has passed once. The clock outlives this.
  Timers(std::vector<Timer> timers, const Clock& clock);
  ~Timers();
  Timers(const Timers&) = delete;

  /// Runs what is due now, and everything if `all`. Returns when it is done. From any thread.
  void run(bool all);

 private:
  struct Due {
    Timer timer;
    std::chrono::steady_clock::time_point at;
  };
  void loop();

  const Clock& clock_;
  std::mutex running_;  // one run at a time
  std::vector<Due> timers_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace swarma::work
