#include "net/http_accept.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace swarma::net {
namespace {

constexpr std::array<std::string_view, 2> kOffered{"br", "gzip"};

std::string chosen(std::string_view header) {
  const CodingChoice choice = choose_coding(header, kOffered);
  return choice.acceptable ? std::string(choice.coding) : "none";
}

TEST(ChooseCoding, TakesTheHighestWeight) {
  EXPECT_EQ(chosen("gzip, deflate, br"), "br");
  EXPECT_EQ(chosen("gzip"), "gzip");
  EXPECT_EQ(chosen("br;q=0.5, gzip;q=0.9"), "gzip");
  EXPECT_EQ(chosen("GZip ; Q=1.000"), "gzip");
  EXPECT_EQ(chosen("x-gzip"), "gzip");
  EXPECT_EQ(chosen("*"), "br");
  EXPECT_EQ(chosen("*, br;q=0"), "gzip");
  EXPECT_EQ(chosen("identity;q=0.5, br;q=0.4"), "");
  EXPECT_EQ(chosen("identity, gzip"), "gzip");
}

TEST(ChooseCoding, ZeroMeansNo) {
  for (const char* header : {"", "identity", "br;q=0", "br;q=0.000, gzip;q=0.0", "*;q=0, identity", "deflate",
                             "vibrant", "br-gzip", "zstd;br", "\"br\""})
    EXPECT_EQ(chosen(header), "") << header;
  EXPECT_EQ(chosen("br;q=0, gzip"), "gzip");
  EXPECT_EQ(chosen("identity;q=0, gzip;q=0.1"), "gzip");
}

TEST(ChooseCoding, SaysWhenNothingWillDo) {
  for (const char* header : {"identity;q=0", "*;q=0", "zstd, *;q=0", "identity;q=0, br;q=0, gzip;q=0"})
    EXPECT_EQ(chosen(header), "none") << header;
}

TEST(ChooseCoding, DoesNotGuessAtABrokenWeight) {
  for (const char* header : {"br;q=", "br;q=2", "br;q=1.001", "br;q=0.1234", "br;q=-1", "br;q=yes", "br;q=.5"})
    EXPECT_EQ(chosen(header), "") << header;
}

TEST(NamesMediaType, LooksForTheTypeItself) {
  EXPECT_TRUE(names_media_type("text/html,application/xhtml+xml,*/*;q=0.8", "text/html"));
  EXPECT_TRUE(names_media_type("application/json, TEXT/HTML;level=1;q=0.1", "text/html"));
  for (const char* header : {"", "*/*", "text/*", "text/html;q=0", "text/htmlx", "application/x-text/html"})
    EXPECT_FALSE(names_media_type(header, "text/html")) << header;
}

TEST(MediaTypeOf, LeavesParametersOut) {
  EXPECT_EQ(media_type_of("application/json; charset=utf-8"), "application/json");
  EXPECT_EQ(media_type_of(" text/html "), "text/html");
  EXPECT_EQ(media_type_of(""), "");
}

}  // namespace
}  // namespace swarma::net
