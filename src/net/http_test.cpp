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

TEST(FindQuery, DecodesFormValues) {
  const std::string_view query = "q=der+blaue%20Engel&limit=10&empty=&flag&%6eame=x";
  EXPECT_EQ(find_query(query, "q"), "der blaue Engel");
  EXPECT_EQ(find_query(query, "limit"), "10");
  EXPECT_EQ(find_query(query, "empty"), "");
  EXPECT_EQ(find_query(query, "flag"), "");
  EXPECT_EQ(find_query(query, "name"), "x");
  EXPECT_EQ(find_query(query, "imit"), std::nullopt);
  EXPECT_EQ(find_query("", "q"), std::nullopt);
}

TEST(FindQuery, RefusesBrokenEscapesAndBytesThatAreNotUtf8) {
  EXPECT_EQ(find_query("q=%4", "q"), std::nullopt);
  EXPECT_EQ(find_query("q=%zz", "q"), std::nullopt);
  EXPECT_EQ(find_query("q=%ff", "q"), std::nullopt);
  EXPECT_EQ(find_query("%ff=1&q=2", "q"), "2");
}

TEST(PercentEncode, LeavesOnlyUnreservedCharacters) {
  EXPECT_EQ(percent_encode("a-b_c.d~9"), "a-b_c.d~9");
  EXPECT_EQ(percent_encode("a b/ü"), "a%20b%2F%C3%BC");
  EXPECT_EQ(find_query("q=" + percent_encode("a+b&c=d%\n"), "q"), "a+b&c=d%\n");
}

}  // namespace
}  // namespace swarma::net
