#include "net/http.h"

#include <gtest/gtest.h>

namespace swarma::net {
namespace {

TEST(Headers, CompareNamesWithoutCase) {
  Headers headers;
  headers.add("Content-Type", "text/plain");
  headers.add("Via", "one");
  headers.add("via", "two");
  EXPECT_EQ(headers.get("content-TYPE"), "text/plain");
  EXPECT_EQ(headers.get("Via"), "one");
  EXPECT_EQ(headers.count("VIA"), 2u);
  EXPECT_EQ(headers.get("absent"), "");
}

TEST(Headers, SetReplacesAllOfAName) {
  Headers headers;
  headers.add("via", "one");
  headers.add("VIA", "two");
  headers.set("Via", "three");
  EXPECT_EQ(headers.all().size(), 1u);
  EXPECT_EQ(headers.get("via"), "three");
}

/// The value, or the reason of the refusal in brackets, or "absent".
std::string found(std::string_view query, std::string_view name) {
  const auto value = find_query(query, name, 64);
  if (!value) return "[" + value.error().reason + "]";
  return value->value_or("absent");
}

TEST(FindQuery, DecodesFormValues) {
  const std::string_view query = "q=der+blaue%20Engel&limit=10&empty=&flag&%6eame=x";
  EXPECT_EQ(found(query, "q"), "der blaue Engel");
  EXPECT_EQ(found(query, "limit"), "10");
  EXPECT_EQ(found(query, "empty"), "");
  EXPECT_EQ(found(query, "flag"), "");
  EXPECT_EQ(found(query, "name"), "x");
  EXPECT_EQ(found(query, "imit"), "absent");
  EXPECT_EQ(found("", "q"), "absent");
}

TEST(FindQuery, RefusesWhatCannotBeRead) {
  for (const char* query :
       {"q=%4", "q=%zz", "q=%ff", "q=%00", "q=%ed%a0%80", "q=\xff", "%ff=1&q=2", "q=1&other=%", "q=1&q=2"})
    EXPECT_EQ(found(query, "q"), "[bad_query]") << query;
  EXPECT_EQ(found("q=" + std::string(65, 'a'), "q"), "[bad_query]");
  EXPECT_FALSE(check_query("a=1&b=%c3"));
  EXPECT_TRUE(check_query("a=1&&b=%c3%bc&="));
}

TEST(QueryNumber, IsADecimalNumberWithinBounds) {
  const auto number = [](std::string_view query) {
    const auto value = query_number(query, "limit", 1, 100, 24);
    return value ? static_cast<int>(*value) : -1;
  };
  EXPECT_EQ(number(""), 24);
  EXPECT_EQ(number("limit=1"), 1);
  EXPECT_EQ(number("limit=100"), 100);
  for (const char* query :
       {"limit=", "limit", "limit=0", "limit=101", "limit=-1", "limit=+5", "limit=%2B5", "limit=5 ", "limit=1e1",
        "limit=0x10", "limit=18446744073709551616", "limit=99999999999999999999", "limit=5&limit=6"})
    EXPECT_EQ(number(query), -1) << query;
}

TEST(PercentEncode, LeavesOnlyUnreservedCharacters) {
  EXPECT_EQ(percent_encode("a-b_c.d~9"), "a-b_c.d~9");
  EXPECT_EQ(percent_encode("a b/ü"), "a%20b%2F%C3%BC");
  EXPECT_EQ(found("q=" + percent_encode("a+b&c=d%\n"), "q"), "a+b&c=d%\n");
}

}  // namespace
}  // namespace swarma::net
