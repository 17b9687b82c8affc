#include "net/http_syntax.h"

#include <gtest/gtest.h>

namespace swarma::net {
namespace {

TEST(NormalisePath, DecodesAndRemovesDotSegments) {
  const std::pair<const char*, const char*> kCases[] = {
      {"/", "/"},
      {"/a/b", "/a/b"},
      {"/a%20b/%C3%BC", "/a b/ü"},
      {"/a/./b/../c", "/a/c"},
      {"/a/b/..", "/a/"},
      {"/a/.", "/a/"},
      {"/../../etc/passwd", "/etc/passwd"},
      {"/%2e%2e/%2E./secret", "/secret"},
      {"/a%2f..%2f..%2fb", "/b"},
      {"/..", "/"},
      {"//a", "//a"},
      {"/...", "/..."},
      {"/.well-known/x", "/.well-known/x"},
  };
  for (const auto& [raw, path] : kCases) EXPECT_EQ(normalise_path(raw).value_or("refused"), path) << raw;
}

TEST(NormalisePath, RefusesWhatHasNoGoodReading) {
  for (const char* raw :
       {"", "a", "*", "/%", "/%4", "/%zz", "/%00", "/a%0d%0ab", "/%7f", "/%ff", "/%c0%af", "/%ed%a0%80"})
    EXPECT_FALSE(normalise_path(raw)) << raw;
}

TEST(ChooseRange, ReadsOneRange) {
  const auto part = [](std::uint64_t offset, std::uint64_t length) { return RangeChoice(ByteRange{offset, length}); };
  EXPECT_EQ(choose_range("bytes=0-", 1000), part(0, 1000));
  EXPECT_EQ(choose_range("bytes=100-199", 1000), part(100, 100));
  EXPECT_EQ(choose_range("bytes=-500", 1000), part(500, 500));
  EXPECT_EQ(choose_range("bytes=-5000", 1000), part(0, 1000));
  EXPECT_EQ(choose_range("bytes=999-5000", 1000), part(999, 1));
  EXPECT_EQ(choose_range("bytes=0-0", 1000), part(0, 1));
  EXPECT_EQ(choose_range("BYTES=1-2", 1000), part(1, 2));
  EXPECT_EQ(choose_range("bytes=0-99999999999999999999999", 1000), part(0, 1000));
}

TEST(ChooseRange, SaysWhenNothingIsThere) {
  EXPECT_EQ(choose_range("bytes=1000-", 1000), RangeChoice(Unsatisfiable{}));
  EXPECT_EQ(choose_range("bytes=99999999999999999999999-", 1000), RangeChoice(Unsatisfiable{}));
  EXPECT_EQ(choose_range("bytes=-0", 1000), RangeChoice(Unsatisfiable{}));
  EXPECT_EQ(choose_range("bytes=0-", 0), RangeChoice(Unsatisfiable{}));
  EXPECT_EQ(choose_range("bytes=-1", 0), RangeChoice(Unsatisfiable{}));
}

TEST(ChooseRange, AnswersEverythingElseWhole) {
  for (const char* header : {"", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=5", "bytes=9-5", "items=0-5",
                             "bytes=0-1,5-6", "bytes=+1-2", "bytes=1 -2", "bytes=--5", "bytes=0x1-2"})
    EXPECT_EQ(choose_range(header, 1000), RangeChoice(WholeBody{})) << header;
}

TEST(NamesEtag, ComparesWeakly) {
  EXPECT_TRUE(names_etag("\"a\"", "\"a\""));
  EXPECT_TRUE(names_etag("\"x\", W/\"a\"", "\"a\""));
  EXPECT_TRUE(names_etag("*", "\"a\""));
  EXPECT_TRUE(names_etag("\"a,b\"", "\"a,b\""));
  EXPECT_FALSE(names_etag("\"b\"", "\"a\""));
  EXPECT_FALSE(names_etag("*", ""));
  EXPECT_FALSE(names_etag("a", "\"a\""));
}

TEST(IsUtf8, KnowsTheBorders) {
  for (const char* good : {"", "a", "\xc2\x80", "\xe0\xa0\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"})
    EXPECT_TRUE(is_utf8(good));
  for (const char* bad : {"\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
                          "\xf5\x80\x80\x80", "\xc2", "\xe2\x82", "a\xff"})
    EXPECT_FALSE(is_utf8(bad));
}

TEST(IsValidHost, HoldsNoMoreThanAHost) {
  for (const char* good : {"a", "swarma.example:8080", "127.0.0.1", "[::1]:80"})
    EXPECT_TRUE(is_valid_host(good)) << good;
  for (const char* bad : {"", "a/b", "a b", "user@host", "a\"b", "ü"}) EXPECT_FALSE(is_valid_host(bad)) << bad;
}

}  // namespace
}  // namespace swarma::net
