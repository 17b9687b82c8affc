// The certificate of a node that serves TLS. Its own, in <data>/tls, is kept fitting: made anew when the node gets a
// name or an address that it lacks, when its end is near, or when the clock stands before its beginning. Given files
// are watched: taken again when they change, their end announced in the log.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"

namespace swarma::node {

/// What this machine can be reached by besides loopback: the addresses of its interfaces that do not change by the day
/// (no link-local and no temporary ones) and its host name. At most 32.
std::vector<std::string> machine_names();

class CertificateKeeper {
 public:
  struct Options {
    std::filesystem::path certificate_file, key_file;
    bool own = false;  // ours to make
    /// The names and addresses that the own certificate must hold, asked each time: interfaces come and go.
    std::function<std::vector<std::string>()> names;
  };
  CertificateKeeper(Options options, const Clock& clock) : options_(std::move(options)), clock_(clock) {}

  /// Makes what must be made and says in the log what an operator should know. True when the files are not those of the
  /// call before: a server that has read them should read them again. An own certificate that cannot be written is an
  /// error; given files that cannot be used are one at the first call only, later the log has it. Not thread-safe.
  Result<bool> check();

 private:
  Result<bool> check_own();
  Result<bool> check_given();
  void announce_end();

  Options options_;
  const Clock& clock_;
  std::vector<std::filesystem::file_time_type> seen_;  // of the given files
  Expiry silence_;                                     // until then the log has heard of it
};

}  // namespace swarma::node
