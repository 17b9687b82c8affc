#include "nostr/event.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace swarma::nostr {
namespace {

// Made with the npm package nostr-tools 2.25.2.
constexpr const char* kReaction = R"json({"kind":7,"created_at":1800000000,
"tags":[["e","1111111111111111111111111111111111111111111111111111111111111111","wss://relay.example"],["e","2222222222222222222222222222222222222222222222222222222222222222"],["p","3333333333333333333333333333333333333333333333333333333333333333"],["-"]],"content":"+ü\"\\\n\b\f\t\r/",
"pubkey":"989c0b76cb563971fdc9bef31ec06c3560f3249d6ee9e5d83c57625596e05f6f","id":"7e5d38a804ff9d3b78a5cf5cdbe92284208468f838601df7935db66d457c544d",
"sig":"8b3d28dc5489e794ca5e766a801059e6c0bc9db235bf851971c25b3b2972eb6cfc12c726b88ddee8c96d84e863f9a66ff477adb524ee3a0f2218ad71ba2913c0"})json";

Json reaction() {
  return parse_json(kReaction).value();
}

TEST(Event, ReadsWhatAnotherLibrarySigned) {
  const auto event = read_event(reaction());
  ASSERT_TRUE(event) << event.error().message;
  EXPECT_EQ(event->kind, 7);
  EXPECT_EQ(event->created_at, Instant(1'800'000'000));
  EXPECT_EQ(event->last("e"), std::string(64, '2'));
  EXPECT_EQ(event->last("-"), "");
  EXPECT_TRUE(event->has("e", std::string(64, '1')));
  EXPECT_FALSE(event->has("p", std::string(64, '1')));
}

TEST(Event, RefusesEveryChange) {
  const Json good = reaction();
  const std::string other(64, 'a');
  for (const auto& [pointer, value] :
       {std::pair("/content", Json("-")), std::pair("/kind", Json(6)), std::pair("/created_at", Json(1'800'000'001)),
        std::pair("/tags/1/1", Json(other)), std::pair("/pubkey", Json(other)), std::pair("/id", Json(other)),
        std::pair("/sig", Json(std::string(128, '0'))), std::pair("/sig", Json("zz"))}) {
    Json changed = good;
    changed[Json::json_pointer(pointer)] = value;
    const auto event = read_event(changed);
    ASSERT_FALSE(event) << pointer;
    EXPECT_EQ(event.error().reason, "event_forged") << pointer;
  }
}

TEST(Event, RefusesOtherForms) {
  const Json good = reaction();
  for (const auto& [pointer, value] :
       {std::pair("/kind", Json(65'536)), std::pair("/kind", Json("7")), std::pair("/tags/0", Json::array()),
        std::pair("/tags/0/0", Json(7)), std::pair("/tags", Json::object()), std::pair("/created_at", Json(-1)),
        std::pair("/id", Json("f1")), std::pair("/pubkey", Json(std::string(64, 'A'))),
        std::pair("/content", Json())}) {
    Json changed = good;
    changed[Json::json_pointer(pointer)] = value;
    EXPECT_FALSE(read_event(changed)) << pointer;
  }
  EXPECT_FALSE(read_event(Json::array()));
  EXPECT_FALSE(read_event(Json()));
}

TEST(Event, HasTheIdThatNip01Defines) {
  const Event event{.id = {},
                    .author = std::string(64, '0'),
                    .created_at = Instant(1),
                    .kind = 1,
                    .tags = {},
                    .content =
                        "a\x01"
                        "b/\x7f\xc3\xbc\x1f\"\\\n"};
  EXPECT_EQ(event_id(event), "100ed8eff9ea36fe602c0e54bddecc517f1ee0c87f4e9f69ed1cdbf6eb6a8dbe");
}

}  // namespace
}  // namespace swarma::nostr
