#include "net/curl_loop.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>

namespace swarma::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr long kKeptConnections = 64;  // idle ones, over all hosts
constexpr std::size_t kKeptHandles = 32;
constexpr milliseconds kLongestPoll{1'000};
constexpr std::chrono::seconds kBusyRetry{5};

bool may_connect(CurlJob& job, std::span<const std::uint8_t> address) {
  if ((*job.rule)(address)) return true;
  job.address_refused = true;
  return false;
}

/// Before each connection, with the address that it goes to. A refused one is never dialled; curl tries the next of the
/// name.
curl_socket_t open_socket(void* context, curlsocktype, curl_sockaddr* address) {
  std::span<const std::uint8_t> bytes;
  if (address->family == AF_INET)
    bytes = {reinterpret_cast<const std::uint8_t*>(&reinterpret_cast<sockaddr_in*>(&address->addr)->sin_addr), 4};
  else if (address->family == AF_INET6)
    bytes = {reinterpret_cast<const std::uint8_t*>(&reinterpret_cast<sockaddr_in6*>(&address->addr)->sin6_addr), 16};
  if (!may_connect(*static_cast<CurlJob*>(context), bytes)) return CURL_SOCKET_BAD;
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/// Before each request, new connection or not: one that the operator's own requests left open is no way in either.
int before_request(void* context, char* peer, char*, int, int) {
  std::array<std::uint8_t, 16> bytes{};
  const bool v6 = std::strchr(peer, ':') != nullptr;
  const bool read = ::inet_pton(v6 ? AF_INET6 : AF_INET, peer, bytes.data()) == 1;
  const std::span<const std::uint8_t> address = std::span(bytes).first(!read ? 0 : v6 ? 16 : 4);
  return may_connect(*static_cast<CurlJob*>(context), address) ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

Error busy() {
  return {ErrorCode::Unavailable, "outbound_busy",
          "Too many requests to others are waiting at this node. Try again in a moment.", kBusyRetry};
}

Error stopped() {
  return {ErrorCode::Unavailable, "stopped", "The request was ended because this node is stopping."};
}

}  // namespace

milliseconds CurlJob::time_left() const {
  return std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
}

CurlLoop::CurlLoop(const OutboundLimits& limits, AddressRule is_public)
    : limits_(limits), is_public_(std::move(is_public)), multi_((init_curl(), curl_multi_init())) {
  if (!multi_) throw std::bad_alloc();
  curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, kKeptConnections);
  thread_ = std::thread([this] { run(); });
}

CurlLoop::~CurlLoop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    curl_multi_wakeup(multi_.get());
  }
  thread_.join();
}

void CurlLoop::submit(std::unique_ptr<CurlJob> job, std::optional<Error> broken) {
  job->rule = &is_public_;
  const std::lock_guard lock(mutex_);
  arrivals_.push_back({std::move(job), std::move(broken)});
  curl_multi_wakeup(multi_.get());
}

void CurlLoop::run() {
  sigset_t pipe;  // writing to a connection that the other side has closed
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
  while (take_arrivals()) {
    int running = 0;
    if (curl_multi_perform(multi_.get(), &running) != CURLM_OK) std::abort();  // out of memory, or a fault of ours
    finish_done();
    give_up_overdue();
    start_waiting();
    if (curl_multi_poll(multi_.get(), nullptr, 0, wait_ms(), nullptr) != CURLM_OK) std::abort();
  }
  give_up_all();
  idle_.clear();
  multi_.reset();  // here, where SIGPIPE is blocked: TLS connections say goodbye
}

/// False: the end has come.
bool CurlLoop::take_arrivals() {
  std::vector<Arrival> arrived;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return false;
    arrived.swap(arrivals_);
  }
  for (Arrival& arrival : arrived) {
    if (arrival.broken)
      arrival.job->give_up(*std::move(arrival.broken));
    else
      enqueue(std::move(arrival.job));
  }
  return true;
}

void CurlLoop::enqueue(std::unique_ptr<CurlJob> job) {
  if (has_room(*job, &Load::running)) {
    count(*job, &Load::running, +1);
    return start(std::move(job));
  }
  if (!has_room(*job, &Load::waiting)) return job->give_up(busy());
  count(*job, &Load::waiting, +1);
  waiting_.push_back(std::move(job));
}

bool CurlLoop::has_room(const CurlJob& job, std::size_t Load::* kind) const {
  const bool runs = kind == &Load::running;
  const std::size_t most = runs ? limits_.running : limits_.waiting;
  const std::size_t most_to_one = runs ? limits_.running_per_host : limits_.waiting_per_host;
  const auto place = places_.find(job.place);
  if (place != places_.end() && place->second.*kind >= most_to_one) return false;
  if (job.of_stranger && of_strangers_.*kind >= most - most / 4) return false;
  return all_.*kind < most;
}

void CurlLoop::count(const CurlJob& job, std::size_t Load::* kind, int change) {
  const auto add = [&](Load& load) { load.*kind += static_cast<std::size_t>(change); };  // wraps round downwards
  add(all_);
  if (job.of_stranger) add(of_strangers_);
  const auto place = places_.try_emplace(job.place).first;
  add(place->second);
  if (place->second.running == 0 && place->second.waiting == 0) places_.erase(place);
}

void CurlLoop::start_waiting() {
  for (std::unique_ptr<CurlJob>& job : std::exchange(waiting_, {})) {
    if (!has_room(*job, &Load::running)) {
      waiting_.push_back(std::move(job));
      continue;
    }
    count(*job, &Load::waiting, -1);
    count(*job, &Load::running, +1);
    start(std::move(job));
  }
}

/// The job has been counted as running.
void CurlLoop::start(std::unique_ptr<CurlJob> job) {
  Easy easy;
  if (idle_.empty()) {
    easy.reset(curl_easy_init());
    if (!easy) throw std::bad_alloc();
  } else {
    easy = std::move(idle_.back());
    idle_.pop_back();
  }
  curl_easy_reset(easy.get());
  job->address_refused = false;
  if (Result<void> ready = job->prepare(easy.get()); !ready) {
    count(*job, &Load::running, -1);
    return job->give_up(std::move(ready).error());
  }
  const milliseconds left = std::max(job->time_left(), milliseconds(1));
  curl_easy_setopt(easy.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(left.count()));
  curl_easy_setopt(easy.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy.get(), CURLOPT_QUICK_EXIT, 1L);  // do not wait here for the thread that looks a name up
  curl_easy_setopt(easy.get(), CURLOPT_PROXY, "");       // none of the environment: it would connect in our place
  if (job->of_stranger) {
    curl_easy_setopt(easy.get(), CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(easy.get(), CURLOPT_OPENSOCKETDATA, job.get());
    curl_easy_setopt(easy.get(), CURLOPT_PREREQFUNCTION, before_request);
    curl_easy_setopt(easy.get(), CURLOPT_PREREQDATA, job.get());
  }
  CURL* handle = easy.get();
  if (curl_multi_add_handle(multi_.get(), handle) != CURLM_OK) std::abort();
  running_.emplace(handle, Running{std::move(easy), std::move(job)});
}

void CurlLoop::finish_done() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;
    CURL* handle = message->easy_handle;
    curl_multi_remove_handle(multi_.get(), handle);
    Running over = std::move(running_.extract(handle).mapped());
    count(*over.job, &Load::running, -1);
    if (over.job->finish(handle, code) == CurlJob::After::Again) enqueue(std::move(over.job));
    if (idle_.size() < kKeptHandles) idle_.push_back(std::move(over.easy));
  }
}

void CurlLoop::give_up_overdue() {
  for (std::unique_ptr<CurlJob>& job : std::exchange(waiting_, {})) {
    if (job->time_left().count() > 0) {
      waiting_.push_back(std::move(job));
      continue;
    }
    count(*job, &Load::waiting, -1);
    job->give_up({ErrorCode::Unavailable, "timed_out", "There was no answer in time: other requests came first."});
  }
}

void CurlLoop::give_up_all() {
  for (auto& [handle, running] : running_) {
    curl_multi_remove_handle(multi_.get(), handle);
    running.job->give_up(stopped());
  }
  running_.clear();
  for (const auto& job : std::exchange(waiting_, {})) job->give_up(stopped());
  for (;;) {
    std::vector<Arrival> arrived;
    {
      const std::lock_guard lock(mutex_);
      arrived.swap(arrivals_);
    }
    if (arrived.empty()) return;
    for (const Arrival& arrival : arrived) arrival.job->give_up(arrival.broken.value_or(stopped()));
  }
}

int CurlLoop::wait_ms() const {
  milliseconds wait = kLongestPoll;
  for (const auto& job : waiting_) wait = std::clamp(job->time_left(), milliseconds(0), wait);
  return static_cast<int>(wait.count());
}

}  // namespace swarma::net
