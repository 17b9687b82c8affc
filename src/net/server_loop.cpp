#include "net/server_loop.h"

#include <fcntl.h>
#include <signal.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>

#include "base/log.h"
#include "base/no_waiting.h"

namespace swarma::net {
namespace {

constexpr asio::use_awaitable_t<Executor> kAwait;
constexpr std::size_t kSpareExchanges = 64;
constexpr std::chrono::milliseconds kSweepInterval{250};  // how late a deadline may be noticed
constexpr std::chrono::milliseconds kAcceptPause{100};    // when the process has no descriptor left
constexpr std::chrono::seconds kSayAgain{10};             // between two words about it
constexpr std::chrono::seconds kAbandonTime{1};           // for handlers under way when the drain time is over

/// sendfile has no flag for it, so the loops' threads block the signal; the call then says EPIPE.
void block_sigpipe() {
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
}

}  // namespace

Response ServerShared::render(const Request& request, const Error& error) const {
  Response response;
  try {
    response = errors(request, error);
  } catch (const std::exception& thrown) {
    log::error("renderer_failed", {{"reason", error.reason}, {"what", thrown.what()}});
    response = Response();
    response.status = 500;
  }
  if (const int status = own_refusal_status(error); status != 0) response.status = status;
  return response;
}

bool AddressBook::enter(const std::string& address, std::size_t limit) {
  const std::lock_guard lock(mutex_);
  std::size_t& open = open_[address];
  if (open >= limit) return false;
  ++open;
  return true;
}

void AddressBook::leave(const std::string& address) {
  const std::lock_guard lock(mutex_);
  const auto found = open_.find(address);
  if (found != open_.end() && --found->second == 0) open_.erase(found);
}

bool would_wait(const Result<Response>* response) {
  return response != nullptr && *response && (*response)->status == 503;
}

Loop::Loop(ServerShared& given, const Fd& listening_socket)
    : shared(given),
      mailbox_(std::make_shared<Mailbox>(io_.get_executor())),
      keep_running_(io_.get_executor()),
      acceptor_(io_.get_executor()),
      sweep_timer_(io_.get_executor()),
      accept_pause_(io_.get_executor()) {
  sockaddr_storage bound{};
  socklen_t length = sizeof bound;
  const bool v6 = ::getsockname(listening_socket.get(), reinterpret_cast<sockaddr*>(&bound), &length) == 0 &&
                  bound.ss_family == AF_INET6;
  acceptor_.assign(v6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4(), ::fcntl(listening_socket.get(), F_DUPFD_CLOEXEC, 0));
  asio::co_spawn(executor(), accept_connections(), asio::detached);
  asio::co_spawn(executor(), sweep_deadlines(), asio::detached);
}

Loop::~Loop() {
  mailbox_->close();
  draining_ = false;  // connections that io_ still holds report to remove() after the timers are gone
}

void Loop::run() {
  block_sigpipe();
  io_.run();
}

void Loop::drain() {
  asio::post(executor(), [this] { on_drain(); });
}

std::unique_ptr<Exchange> Loop::take_exchange() {
  if (spare_exchanges_.empty()) return std::make_unique<Exchange>();
  std::unique_ptr<Exchange> exchange = std::move(spare_exchanges_.back());
  spare_exchanges_.pop_back();
  return exchange;
}

void Loop::give_back(std::unique_ptr<Exchange> exchange) {
  if (spare_exchanges_.size() >= kSpareExchanges) return;
  exchange->request = Request();
  spare_exchanges_.push_back(std::move(exchange));
}

/// Posted work runs behind what is ready already: until then others may join.
void Loop::join_group(const Route& route, const Request& request,
                      std::move_only_function<void(std::shared_ptr<LateAnswer>)> answered) {
  if (forming_ == nullptr || forming_->route != &route || forming_->requests.size() == kMaxGroup) {
    auto group = std::make_unique<Group>();
    group->route = &route;
    forming_ = group.get();
    asio::post(executor(), [this, group = std::move(group)] {
      if (forming_ == group.get()) forming_ = nullptr;
      answer_group(*group);
    });
  }
  forming_->requests.push_back(&request);
  forming_->answered.push_back(std::move(answered));
}

void Loop::answer_group(Group& group) {
  GroupAnswers answers;
  bool refused = false;
  if (group.route->where == Where::Either) {
    const NoWaiting no_waiting;
    answers = call_group(group, mailbox_);
    refused = no_waiting.was_refused();
  } else {
    answers = call_group(group, mailbox_);
  }
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (refused && would_wait(answers[i]->find())) {
      auto alone = std::make_unique<Group>();
      alone->route = group.route;
      alone->requests.push_back(group.requests[i]);
      alone->answered.push_back(std::move(group.answered[i]));
      answer_on_worker(std::move(alone));
    } else {
      group.answered[i](std::move(answers[i]));
    }
  }
}

void Loop::answer_on_worker(std::unique_ptr<Group> alone) {
  shared.workers.post([executor = executor(), mailbox = mailbox_, alone = std::move(alone)]() mutable {
    GroupAnswers answers = call_group(*alone, mailbox);
    asio::post(executor, [alone = std::move(alone), answer = std::move(answers.front())]() mutable {
      alone->answered.front()(std::move(answer));
    });
  });
}

void Loop::add(LoopClient& connection) {
  connection.slot = connections_.size();
  connections_.push_back(&connection);
}

void Loop::remove(LoopClient& connection) {
  connections_[connection.slot] = connections_.back();
  connections_[connection.slot]->slot = connection.slot;
  connections_.pop_back();
  finish_if_drained();
}

Task<> Loop::accept_connections() {
  for (;;) {
    asio::ip::tcp::endpoint peer;
    asio::error_code error;
    Socket socket = co_await acceptor_.async_accept(peer, asio::redirect_error(kAwait, error));
    if (draining_ || error == asio::error::operation_aborted) co_return;
    if (!error) {
      open(std::move(socket), peer);
    } else if (error != asio::error::connection_aborted) {
      if (now() >= say_again_) {  // ten times a second for as long as it lasts would only fill the log
        log::warning("accept_failed", {{"what", error.message()}});
        say_again_ = now() + kSayAgain;
      }
      accept_pause_.expires_after(kAcceptPause);
      co_await accept_pause_.async_wait(asio::redirect_error(kAwait, error));
    }
  }
}

void Loop::open(Socket socket, const asio::ip::tcp::endpoint& peer) {
  asio::error_code error;
  socket.native_non_blocking(true, error);
  if (error) return;
  asio::ip::address address = peer.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  std::string text = address.to_string();
  const ServerOptions& options = shared.options;
  const bool counted =
      !address.is_loopback() && std::ranges::find(options.trusted_proxies, text) == options.trusted_proxies.end();
  if (shared.connections.load(std::memory_order_relaxed) >= options.max_connections) return;
  if (counted && !shared.addresses.enter(text, options.max_connections_per_address)) return;
  shared.open_connection(*this, std::move(socket), std::move(text), counted);
}

Task<> Loop::sweep_deadlines() {
  for (;;) {
    asio::error_code error;
    sweep_timer_.expires_after(kSweepInterval);
    co_await sweep_timer_.async_wait(asio::redirect_error(kAwait, error));
    if (error || (draining_ && connections_.empty())) co_return;  // a cancel may come too late
    const auto time = now();
    for (LoopClient* connection : connections_) connection->on_sweep(time);
    if (draining_ && time >= drain_deadline_)
      for (LoopClient* connection : connections_) connection->on_abandon();
    if (draining_ && time >= drain_deadline_ + kAbandonTime) io_.stop();
  }
}

void Loop::on_drain() {
  if (draining_) return;
  draining_ = true;
  drain_deadline_ = now() + shared.options.drain_timeout;
  asio::error_code ignored;
  acceptor_.close(ignored);
  accept_pause_.cancel();
  for (LoopClient* connection : connections_) connection->on_drain();
  finish_if_drained();
}

void Loop::finish_if_drained() {
  if (!draining_ || !connections_.empty()) return;
  sweep_timer_.cancel();
  keep_running_.reset();
}

}  // namespace swarma::net
