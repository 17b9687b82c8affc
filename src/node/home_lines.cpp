#include "node/home_lines.h"

#include <algorithm>
#include <mutex>
#include <optional>

#include "access/grant/home_agent.h"
#include "base/log.h"
#include "base/random.h"
#include "base/stopwatch.h"
#include "base/worker_pool.h"
#include "crypto/dpop.h"
#include "net/websocket_client.h"
#include "work/timers.h"

namespace swarma::node {
namespace {

namespace grant = access::grant;

using Time = std::chrono::steady_clock::duration;

constexpr std::chrono::seconds kFirstPause{1}, kLongestPause{60};
constexpr std::size_t kMaxWaiting = 512;  // orders of one line; a fabric has 256 under way (AgentLimits)

/// Between half and one and a half times as long.
Time jittered(Time pause) {
  const auto random = random_array<2>();
  const int part = random[0] | random[1] << 8;
  return pause / 2 + pause * part / 65'536;
}

/// "https://host/v1/agents/connect" → "wss://…"
std::string websocket_url(const std::string& url) {
  return "ws" + url.substr(std::string_view("http").size());
}

}  // namespace

struct HomeLines::Impl {
  /// What is known of one fabric, over all its connections.
  struct Line {
    std::string fabric, url;  // as given; and where to call, normalised
    std::string did;          // of its owner, once it has said so
    bool busy = false;        // a connection is open, or on its way
    bool welcome = false;
    Time due{};
    std::chrono::seconds pause = kFirstPause;
    std::size_t waiting = 0;  // orders that no worker has taken up
  };
  class Session;

  Impl(HomeOptions given, const crypto::Identity& who, const Clock& clock, Tell hear)
      : options(std::move(given)),
        identity(who),
        tell(std::move(hear)),
        local(identity.signing, identity.decryption),
        passes(identity.signing),
        agent(local, passes, clock),
        workers(options.workers),
        client({.ca_file = options.ca_file}) {}

  void call_who_is_due();
  void lost(Line& line, const std::string& why);
  Result<std::string> prove(Line& line, const grant::AgentChallenge& challenge);
  template <class Order>
  bool take(Line& line, const net::WebSocket& socket, Order order);

  const HomeOptions options;
  const crypto::Identity& identity;
  const Tell tell;
  grant::LocalKeyAgent local;
  grant::LocalPassAgent passes;
  grant::HomeAgent agent;
  const Stopwatch since;
  std::mutex mutex;
  std::vector<std::unique_ptr<Line>> lines;
  WorkerPool workers;
  net::WebSocketClient client;           // its sessions use all of the above
  std::unique_ptr<work::Timers> timers;  // calls
};

class HomeLines::Impl::Session final : public net::WebSocketSession {
 public:
  Session(Impl& home, Line& line) : home_(home), line_(line) {}

  void on_open(net::WebSocket socket, std::string_view) override { socket_ = std::move(socket); }
  void on_message(std::string text, net::MessageKind) override {
    auto message = grant::parse_from_fabric(text);
    const Result<void> taken = message ? take(*std::move(message)) : std::unexpected(message.error());
    if (taken) return;
    why_ = taken.error().message;
    socket_->close(net::close_code::kPolicy, taken.error().reason);
  }
  void on_close(std::uint16_t, std::string_view) override {
    home_.lost(line_, why_.empty() ? "The connection has ended." : why_);
  }
  void on_failure(const Error& error) override { home_.lost(line_, error.message); }

 private:
  static std::unexpected<Error> too_many() {
    return fail(ErrorCode::TooMany, "too_many_orders", "The fabric sends more orders than it may.");
  }
  Result<void> take(grant::FromFabric message) {
    if (const auto* challenge = std::get_if<grant::AgentChallenge>(&message)) {
      SWARMA_TRY(const std::string proof, home_.prove(line_, *challenge));
      socket_->send(proof);
    } else if (std::holds_alternative<grant::AgentWelcome>(message)) {
      {
        const std::lock_guard lock(home_.mutex);
        line_.pause = kFirstPause;
        line_.welcome = true;
      }
      home_.tell(line_.fabric, "Connected: viewers of your titles there get keys.");
    } else if (const auto* refusal = std::get_if<grant::AgentRefusal>(&message)) {
      why_ = refusal->message;
    } else if (auto* order = std::get_if<grant::OrderMessage>(&message)) {
      if (!home_.take(line_, *socket_, std::move(*order))) return too_many();
    } else if (!home_.take(line_, *socket_, std::move(std::get<grant::PassOrderMessage>(message)))) {
      return too_many();
    }
    return {};
  }

  Impl& home_;
  Line& line_;
  std::optional<net::WebSocket> socket_;
  std::string why_;  // it ends
};

void HomeLines::Impl::call_who_is_due() {
  std::vector<Line*> due;
  {
    const std::lock_guard lock(mutex);
    for (const auto& line : lines)
      if (!line->busy && since.elapsed() >= line->due) {
        line->busy = true;
        due.push_back(line.get());
      }
  }
  for (Line* line : due) {
    const net::WebSocketTarget target{.url = websocket_url(line->url),
                                      .headers = {},
                                      .options = {.max_message = grant::kMaxAgentMessage,
                                                  .max_queued = 8 << 20,
                                                  .silence = std::chrono::seconds(10),
                                                  .subprotocols = {std::string(grant::kAgentSubprotocol)}}};
    if (const auto begun = client.connect(target, std::make_unique<Session>(*this, *line)); !begun)
      lost(*line, begun.error().message);
  }
}

void HomeLines::Impl::lost(Line& line, const std::string& why) {
  std::chrono::seconds pause;
  bool was_welcome = false;
  {
    const std::lock_guard lock(mutex);
    line.busy = false;
    was_welcome = std::exchange(line.welcome, false);
    pause = line.pause;
    line.due = since.elapsed() + jittered(pause);
    line.pause = std::min(line.pause * 2, kLongestPause);
  }
  if (was_welcome || pause == kFirstPause || pause == kLongestPause)
    tell(line.fabric, why + " It is called again until it answers.");
  log::debug("fabric_lost", {{"fabric", line.fabric}, {"pause_s", std::int64_t{pause.count()}}});
}

/// The first owner that a fabric names stays the one: its verifiers count where a policy names none.
Result<std::string> HomeLines::Impl::prove(Line& line, const grant::AgentChallenge& challenge) {
  {
    const std::lock_guard lock(mutex);
    if (line.did.empty()) line.did = challenge.fabric;
    if (line.did != challenge.fabric)
      return fail(ErrorCode::Forbidden, "fabric_changed",
                  "The fabric says it belongs to somebody else than before. If that is right, start the agent anew.");
  }
  return grant::write_message(grant::FromAgent(grant::AgentProofMessage{
      .proof = grant::sign_agent_proof(identity.signing, identity.decryption.encryption_key(), challenge, line.url),
      .token = options.token}));
}

/// False when more wait than a fabric may order.
template <class Order>
bool HomeLines::Impl::take(Line& line, const net::WebSocket& socket, Order order) {
  std::string fabric;
  {
    const std::lock_guard lock(mutex);
    if (line.waiting >= kMaxWaiting || line.did.empty()) return false;
    ++line.waiting;
    fabric = line.did;
  }
  workers.run([this, &line, socket, order = std::move(order), fabric] {
    {
      const std::lock_guard lock(mutex);
      --line.waiting;
    }
    if (!socket.is_open()) return;  // another agent has the order now
    const grant::AnswerMessage answer = agent.answer(order, fabric);
    if (!answer.reason.empty()) log::info("order_refused", {{"reason", answer.reason}});
    socket.send(grant::write_message(grant::FromAgent(answer)));
  });
  return true;
}

HomeLines::HomeLines(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HomeLines::~HomeLines() = default;

Result<std::unique_ptr<HomeLines>> HomeLines::open(HomeOptions options, const crypto::Identity& identity,
                                                   const Clock& clock, Tell tell) {
  auto impl = std::make_unique<Impl>(std::move(options), identity, clock, std::move(tell));
  for (const std::string& fabric : impl->options.fabrics) {
    SWARMA_TRY(std::string url, crypto::normalise_htu(fabric + std::string(grant::kAgentPath)));
    impl->lines.push_back(std::make_unique<Impl::Line>(Impl::Line{.fabric = fabric, .url = std::move(url), .did = {}}));
  }
  impl->call_who_is_due();
  impl->timers = std::make_unique<work::Timers>(std::vector<work::Timer>{{.name = "lines",
                                                                          .every = std::chrono::seconds(1),
                                                                          .run = [home = impl.get()]() -> Result<void> {
                                                                            home->call_who_is_due();
                                                                            return {};
                                                                          }}},
                                                clock);
  return std::unique_ptr<HomeLines>(new HomeLines(std::move(impl)));
}

}  // namespace swarma::node
