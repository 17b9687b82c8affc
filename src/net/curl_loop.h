// Inside net: many exchanges of libcurl on one thread. Outbound stands on it, and Mailer on Outbound. Only .cpp files
// of net/ include this.
#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "net/curl_transfer.h"
#include "net/outbound_limits.h"

namespace swarma::net {

/// One exchange. Made on any thread, then lives and dies on the loop.
class CurlJob {
 public:
  CurlJob() = default;
  virtual ~CurlJob() = default;
  CurlJob(const CurlJob&) = delete;

  /// Sets the handle up. An error ends the job: give_up() hears of it.
  virtual Result<void> prepare(CURL* easy) = 0;
  enum class After { Over, Again };
  /// curl is done. Again: the job waits for its next turn, perhaps with another place.
  virtual After finish(CURL* easy, CURLcode code) = 0;
  /// It never ran, or was stopped.
  virtual void give_up(Error error) = 0;

  std::string place;                               // scheme://host:port, what the limit per host counts
  bool of_stranger = false;                        // a stranger had a say in the address
  std::chrono::steady_clock::time_point deadline;  // of everything, waiting included
  bool address_refused = false;                    // why there was no connection
  const AddressRule* rule = nullptr;               // of the loop it is on

  std::chrono::milliseconds time_left() const;
};

class CurlLoop {
 public:
  CurlLoop(const OutboundLimits& limits, AddressRule is_public);
  /// Every job is told "stopped". Not from the loop's own thread.
  ~CurlLoop();

  /// From any thread. `broken`: the job only hears why it cannot be.
  void submit(std::unique_ptr<CurlJob> job, std::optional<Error> broken = {});

 private:
  struct Arrival {
    std::unique_ptr<CurlJob> job;
    std::optional<Error> broken;
  };
  struct Running {
    Easy easy;
    std::unique_ptr<CurlJob> job;
  };
  /// How much is under way: in all, of strangers, or to one place.
  struct Load {
    std::size_t running = 0, waiting = 0;
  };

  void run();
  bool take_arrivals();
  void enqueue(std::unique_ptr<CurlJob> job);
  bool has_room(const CurlJob& job, std::size_t Load::* kind) const;
  void count(const CurlJob& job, std::size_t Load::* kind, int change);
  void start_waiting();
  void start(std::unique_ptr<CurlJob> job);
  void finish_done();
  void give_up_overdue();
  void give_up_all();
  int wait_ms() const;

  const OutboundLimits limits_;
  const AddressRule is_public_;
  Multi multi_;
  std::mutex mutex_;
  std::vector<Arrival> arrivals_;
  bool stopping_ = false;
  // Of the loop's thread only:
  std::deque<std::unique_ptr<CurlJob>> waiting_;
  std::map<CURL*, Running> running_;
  std::vector<Easy> idle_;
  std::map<std::string, Load> places_;
  Load all_, of_strangers_;
  std::thread thread_;
};

}  // namespace swarma::net
