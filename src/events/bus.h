// Hints that something has changed, from whoever changed it to whoever looks: to wake a queue, refresh a cache, push to
// a page. A hint may come late, twice or not at all, so nobody may rely on one: rows decide, and who listens also looks
// by itself now and then.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace swarma::events {

/// Ends when it goes; afterwards the handler is not called any more, not even by a hint under way.
class Subscription {
 public:
  virtual ~Subscription() = default;
};

/// Safe for concurrent use. Topics and the shape of their messages are in the owner's events.h.
class Bus {
 public:
  using Handler = std::function<void(std::string_view message)>;

  virtual ~Bus() = default;
  virtual void publish(std::string_view topic, std::string_view message) = 0;
  /// `handler` is called on the publisher's thread, perhaps concurrently: it must not block, and must not subscribe or
  /// end a subscription. The bus outlives the subscription.
  [[nodiscard]] virtual std::unique_ptr<Subscription> subscribe(std::string topic, Handler handler) = 0;
};

/// Reaches this process only.
std::unique_ptr<Bus> make_in_process_bus();

}  // namespace swarma::events
