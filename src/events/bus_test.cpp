#include "events/bus.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace swarma::events {
namespace {

TEST(Bus, TellsThoseWhoListenToTheTopic) {
  const auto bus = make_in_process_bus();
  std::vector<std::string> first, second;
  const auto one = bus->subscribe("films", [&](std::string_view message) { first.emplace_back(message); });
  {
    const auto two = bus->subscribe("films", [&](std::string_view message) { second.emplace_back(message); });
    bus->publish("films", "a");
    bus->publish("mails", "b");
  }
  bus->publish("films", "c");
  EXPECT_EQ(first, (std::vector<std::string>{"a", "c"}));
  EXPECT_EQ(second, std::vector<std::string>{"a"});
}

TEST(Bus, CallsNobodyWhoHasGone) {
  const auto bus = make_in_process_bus();
  std::atomic<bool> stop = false;
  std::thread publisher([&] {
    while (!stop) bus->publish("films", "a");
  });
  for (int i = 0; i < 1'000; ++i) {
    auto alive = std::make_unique<std::atomic<bool>>(true);
    std::atomic<bool> called_late = false;
    auto subscription = bus->subscribe("films", [&](std::string_view) { called_late = called_late || !*alive; });
    subscription.reset();
    *alive = false;
    EXPECT_FALSE(called_late);
  }
  stop = true;
  publisher.join();
}

}  // namespace
}  // namespace swarma::events
