#include "access/attest/nostr_relays.h"

#include <condition_variable>
#include <list>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "net/websocket_client.h"

namespace swarma::access::attest {
namespace {

constexpr std::size_t kMaxEventsPerRelay = 200;
constexpr std::string_view kSubscription = "swarma";

std::unexpected<Error> unreachable() {
  return fail(ErrorCode::Unavailable, "relays_unreachable",
              "None of the relays that this node asks answers right now, so it cannot be told. Try again later.",
              std::chrono::seconds(30));
}

/// One question, asked of several relays. Ends when all have answered or its time is over, whichever is first.
class Question {
 public:
  using Run = std::function<void(std::move_only_function<void()>)>;
  Question(Run run, std::size_t relays, Done<std::vector<nostr::Event>> done)
      : run_(std::move(run)), missing_(relays), done_(std::move(done)) {}

  void add(nostr::Event event) {
    const std::scoped_lock lock(mutex_);
    events_.try_emplace(event.id, std::move(event));
  }
  void relay_ended(bool answered) {
    const std::scoped_lock lock(mutex_);
    if (answered) ++answered_;
    if (missing_ > 0 && --missing_ == 0) finish();
  }
  /// One second has passed. False when it has ended.
  bool tick() {
    const std::scoped_lock lock(mutex_);
    if (done_ && --seconds_left_ <= 0) finish();
    return static_cast<bool>(done_);
  }
  void give_up() {
    const std::scoped_lock lock(mutex_);
    if (done_) finish();
  }

 private:
  void finish() {
    if (!done_) return;
    Result<std::vector<nostr::Event>> result = unreachable();
    if (answered_ > 0) {
      result.emplace();
      for (auto& [id, event] : events_) result->push_back(std::move(event));
    }
    run_([done = std::exchange(done_, nullptr), result = std::move(result)]() mutable { done(std::move(result)); });
  }

  std::mutex mutex_;
  Run run_;
  std::size_t missing_;
  std::size_t answered_ = 0;
  std::int64_t seconds_left_ = kRelayPatience.count();
  std::map<std::string, nostr::Event> events_;
  Done<std::vector<nostr::Event>> done_;
};

/// The conversation with one relay.
class RelaySession final : public net::WebSocketSession {
 public:
  RelaySession(std::string request, std::shared_ptr<Question> question)
      : request_(std::move(request)), question_(std::move(question)) {}

  void on_open(net::WebSocket socket, std::string_view) override {
    socket_ = std::move(socket);
    if (!socket_->send(request_)) end(false);
  }
  void on_message(std::string message, net::MessageKind) override {
    if (ended_) return;
    const auto json = parse_json(message);
    if (!json || !json->is_array() || json->size() < 2 || !(*json)[0].is_string() || (*json)[1] != kSubscription)
      return;
    const auto& kind = (*json)[0].get_ref<const std::string&>();
    if (kind == "EOSE") return end(true);
    if (kind == "CLOSED") return end(false);
    if (kind != "EVENT" || json->size() != 3) return;
    if (++received_ > kMaxEventsPerRelay) return end(true);
    if (auto event = nostr::read_event((*json)[2])) question_->add(*std::move(event));
  }
  void on_close(std::uint16_t, std::string_view) override { end(false); }
  void on_failure(const Error&) override { end(false); }

 private:
  void end(bool answered) {
    if (std::exchange(ended_, true)) return;
    question_->relay_ended(answered);
    if (socket_) socket_->close();
  }

  std::string request_;
  std::shared_ptr<Question> question_;
  std::optional<net::WebSocket> socket_;
  std::size_t received_ = 0;
  bool ended_ = false;
};

}  // namespace

struct NostrRelays::Impl {
  Question::Run run;
  std::vector<std::string> urls;
  std::mutex mutex;
  std::condition_variable_any wake;
  std::list<std::weak_ptr<Question>> open;
  net::WebSocketClient client{{.connect_timeout = kRelayPatience, .ca_file = {}, .max_connections = 64}};
  std::jthread deadlines;

  void watch(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      std::unique_lock lock(mutex);
      wake.wait(lock, stop, [&] { return !open.empty(); });
      wake.wait_for(lock, stop, std::chrono::seconds(1), [] { return false; });
      open.remove_if([](const std::weak_ptr<Question>& weak) {
        const auto question = weak.lock();
        return question == nullptr || !question->tick();
      });
    }
  }
};

NostrRelays::NostrRelays(std::function<void(std::move_only_function<void()>)> run, std::vector<std::string> urls)
    : impl_(std::make_unique<Impl>()) {
  impl_->run = std::move(run);
  impl_->urls = std::move(urls);
  if (!impl_->urls.empty())
    impl_->deadlines = std::jthread([impl = impl_.get()](const std::stop_token& stop) { impl->watch(stop); });
}

NostrRelays::~NostrRelays() {
  stop();
}

void NostrRelays::stop() {
  impl_->deadlines = {};
  const std::scoped_lock lock(impl_->mutex);
  for (const auto& weak : impl_->open)
    if (const auto question = weak.lock()) question->give_up();
  impl_->open.clear();
}

void NostrRelays::ask(const Json& filter, Done<std::vector<nostr::Event>> done) {
  const Json request = Json::array({"REQ", kSubscription, filter});
  const auto question = std::make_shared<Question>(impl_->run, impl_->urls.size(), std::move(done));
  {
    const std::scoped_lock lock(impl_->mutex);
    impl_->open.push_back(question);
  }
  impl_->wake.notify_all();
  for (const std::string& url : impl_->urls) {
    const auto connected = impl_->client.connect({.url = url, .options = {.max_message = 2 * nostr::kMaxEventBytes}},
                                                 std::make_unique<RelaySession>(request.dump(), question));
    if (!connected) question->relay_ended(false);
  }
}

}  // namespace swarma::access::attest
