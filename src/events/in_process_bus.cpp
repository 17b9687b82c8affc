#include <list>
#include <map>
#include <mutex>
#include <shared_mutex>

#include "events/bus.h"

namespace swarma::events {
namespace {

class InProcessBus final : public Bus {
 public:
  void publish(std::string_view topic, std::string_view message) override {
    const std::shared_lock lock(mutex_);
    const auto found = handlers_.find(topic);
    if (found == handlers_.end()) return;
    for (const Handler& handler : found->second) handler(message);
  }

  std::unique_ptr<Subscription> subscribe(std::string topic, Handler handler) override {
    const std::unique_lock lock(mutex_);
    std::list<Handler>& handlers = handlers_[topic];
    handlers.push_back(std::move(handler));
    return std::make_unique<Listening>(*this, handlers, std::prev(handlers.end()));
  }

 private:
  class Listening final : public Subscription {
   public:
    Listening(InProcessBus& bus, std::list<Handler>& handlers, std::list<Handler>::iterator place)
        : bus_(bus), handlers_(handlers), place_(place) {}
    ~Listening() override {
      const std::unique_lock lock(bus_.mutex_);
      handlers_.erase(place_);
    }

   private:
    InProcessBus& bus_;
    std::list<Handler>& handlers_;
    std::list<Handler>::iterator place_;
  };

  std::shared_mutex mutex_;
  std::map<std::string, std::list<Handler>, std::less<>> handlers_;
};

}  // namespace

std::unique_ptr<Bus> make_in_process_bus() {
  return std::make_unique<InProcessBus>();
}

}  // namespace swarma::events
