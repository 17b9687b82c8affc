#include "base/rfc3339.h"

#include <gtest/gtest.h>

namespace swarma {
namespace {

TEST(Rfc3339, AreWrittenInUtc) {
  EXPECT_EQ(to_rfc3339(Instant(0)), "1970-01-01T00:00:00Z");
  EXPECT_EQ(to_rfc3339(Instant(1'772'020'799)), "2026-02-25T11:59:59Z");
  EXPECT_EQ(to_rfc3339(Instant(951'782'400)), "2000-02-29T00:00:00Z");
}

TEST(Rfc3339, AreReadWithTheirZone) {
  // The examples of RFC 3339, 5.8.
  EXPECT_EQ(parse_rfc3339("1985-04-12T23:20:50.52Z"), Instant(482'196'050));
  EXPECT_EQ(parse_rfc3339("1996-12-19T16:39:57-08:00"), parse_rfc3339("1996-12-20T00:39:57Z"));
  EXPECT_EQ(parse_rfc3339("1990-12-31T23:59:60Z"), Instant(662'688'000));
  EXPECT_EQ(parse_rfc3339("2026-02-25t12:59:59+01:00"), Instant(1'772'020'799));
}

TEST(Rfc3339, WhatIsNoneIsRefused) {
  for (const char* text :
       {"", "2026-02-25", "2026-02-25T11:59:59", "2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", "2026-02-25 11:59:59Z",
        "2026-02-25T24:00:00Z", "2026-02-25T11:60:00Z", "2026-02-25T11:59:59.Z", "2026-02-25T11:59:59Zx",
        "2026-02-25T11:59:59+0100", "+026-02-25T11:59:59Z", "1969-12-31T23:59:59Z", "1970-01-01T00:00:00+00:01"})
    EXPECT_FALSE(parse_rfc3339(text)) << text;
}

TEST(Rfc3339, WhatIsWrittenIsReadBack) {
  for (std::int64_t at = 0; at < 4'000'000'000; at += 86'399 * 37)
    EXPECT_EQ(parse_rfc3339(to_rfc3339(Instant(at))), Instant(at));
}

}  // namespace
}  // namespace swarma
