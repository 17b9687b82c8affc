#include "node/descriptors.h"

#include <sys/resource.h>

#include <algorithm>
#include <string>
#include <thread>

namespace swarma::node {
namespace {

constexpr std::size_t kBlobFolders = 256;  // content/blob keeps its shard folders open
constexpr std::size_t kPackaging = 64;     // a film being read and its segments being stored
constexpr std::size_t kSpare = 48;         // standard streams, locks, name lookups, what libraries open for a moment
constexpr std::size_t kPerLoop = 4;        // epoll, event, timer, listening socket
constexpr std::size_t kPerWorker = 4;
constexpr std::size_t kPerDatabaseConnection = 3;  // SQLite: the file, its log, the log's index
constexpr std::size_t kMaxCachedBlobs = 1'024;
constexpr rlim_t kMostDescriptors = 1 << 20;  // some systems allow a billion, which costs them memory
constexpr std::size_t kMaxTransfers = 8'192;
constexpr std::size_t kLeastConnections = 32, kLeastTransfers = 32, kLeastCachedBlobs = 16;

}  // namespace

Result<DescriptorBudget> share_descriptors(std::size_t limit, const DescriptorNeeds& needs) {
  const std::size_t loops = needs.loops != 0 ? needs.loops : std::max(1u, std::thread::hardware_concurrency());
  DescriptorBudget budget{.limit = limit,
                          .reserved = kBlobFolders + kPackaging + kSpare + kPerLoop * loops +
                                      kPerWorker * needs.workers +
                                      kPerDatabaseConnection * (needs.database_connections + 1),
                          .cached_blobs = kLeastCachedBlobs,
                          .transfers = kLeastTransfers,
                          .connections = kLeastConnections};
  const std::size_t least = budget.reserved + budget.cached_blobs + budget.transfers + budget.connections + 1;
  if (limit < least)
    return fail(ErrorCode::Unavailable, "too_few_files",
                "This node may open " + std::to_string(limit) + " files at once and needs at least " +
                    std::to_string(least) + ". Raise the limit with `ulimit -n`.");
  const std::size_t rest = limit - budget.reserved - 1;
  budget.cached_blobs = std::clamp(rest / 8, kLeastCachedBlobs, kMaxCachedBlobs);
  budget.transfers = std::clamp(rest / 4, kLeastTransfers, kMaxTransfers);
  budget.connections =
      std::min(std::max<std::size_t>(needs.connections, 1), rest - budget.cached_blobs - budget.transfers);
  return budget;
}

std::size_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1'024;
  const rlim_t reachable = std::min<rlim_t>(limit.rlim_max, kMostDescriptors);
  if (limit.rlim_cur < reachable) {
    rlimit raised = limit;
    raised.rlim_cur = reachable;
    if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  }
  return limit.rlim_cur;
}

}  // namespace swarma::node
