#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "access/grant/broker.h"

namespace swarma::access::grant {
namespace {

TEST(KeyRequestTest, IsReadStrictly) {
  const auto key = crypto::DecryptionKey::generate().encryption_key().jwk();
  const Json body = {{"title_id", TitleId(TitleId::Raw{}).text()},
                     {"revision", 1},
                     {"path", "p"},
                     {"slots", {0, 8}},
                     {"key_groups", {"sd"}},
                     {"encryption_key", key},
                     {"attestations", {"a.b.c"}}};
  ASSERT_TRUE(parse_key_request(body)) << parse_key_request(body).error().message;
  EXPECT_EQ(parse_key_request(body)->slots, (SlotRange{0, 8}));
  for (const auto& [name, value] : {std::pair("slots", Json{8, 8}),
                                    {"slots", Json{0, 1 << 21}},
                                    {"revision", Json(0)},
                                    {"unlock", Json("x.y.z")},
                                    {"surprise", Json(1)},
                                    {"key_groups", Json("sd")},
                                    {"title_id", Json("short")},
                                    {"encryption_key", Json::object()}}) {
    Json bad = body;
    bad[name] = value;
    EXPECT_FALSE(parse_key_request(bad)) << name << " " << value.dump();
  }
}

}  // namespace
}  // namespace swarma::access::grant
