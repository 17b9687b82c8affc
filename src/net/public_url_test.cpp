#include "net/public_url.h"

#include <gtest/gtest.h>

namespace swarma::net {
namespace {

std::string written(std::string_view text) {
  const auto url = parse_public_url(text);
  return url ? url->url : "[" + url.error().reason + "]";
}

TEST(PublicUrl, IsWrittenAsBrowsersDo) {
  EXPECT_EQ(written("https://films.example.org"), "https://films.example.org");
  EXPECT_EQ(written("https://films.example.org/"), "https://films.example.org");
  EXPECT_EQ(written("HTTPS://Films.Example.ORG:443/"), "https://films.example.org");
  EXPECT_EQ(written("http://films.example.org:80"), "http://films.example.org");
  EXPECT_EQ(written("http://films.example.org:443"), "http://films.example.org:443");
  EXPECT_EQ(written("https://films.example.org.:8443"), "https://films.example.org:8443");
  EXPECT_EQ(written("https://XN--bcher-kva.example"), "https://xn--bcher-kva.example");
  EXPECT_EQ(written("https://192.168.1.7:8420"), "https://192.168.1.7:8420");
  EXPECT_EQ(written("http://[0:0:0:0:0:0:0:1]:8420/"), "http://[::1]:8420");
  EXPECT_EQ(written("http://[2001:DB8::A]"), "http://[2001:db8::a]");
  EXPECT_EQ(written("http://nas"), "http://nas");
  EXPECT_EQ(parse_public_url("http://[::1]")->host, "::1");
  EXPECT_TRUE(parse_public_url("https://a.example:8443/")->secure);
}

TEST(PublicUrl, RefusesWhatIsNoNodesAddress) {
  for (const char* text : {"",
                           "films.example.org",
                           "films.example.org:8420",
                           "//films.example.org",
                           "nonsense",
                           "ftp://films.example.org",
                           "javascript://films.example.org",
                           "https://",
                           "https:///",
                           "https://user@films.example.org",
                           "https://u:p@films.example.org",
                           "https://@films.example.org",
                           "https://films.example.org/films",
                           "https://films.example.org/films/",
                           "https://films.example.org//",
                           "https://films.example.org/?a=1",
                           "https://films.example.org?",
                           "https://films.example.org/#studio",
                           "https://films.example.org#",
                           "https://films.example.org:0",
                           "https://films.example.org:65536",
                           "https://films.example.org:port",
                           "https://films.example.org:-1",
                           "https://films example.org",
                           " https://films.example.org",
                           "https://films.example.org\n",
                           "https://films.example.org\\x",
                           "https://films..example.org",
                           "https://-films.example.org",
                           "https://0.0.0.0:8420",
                           "https://[::]:8420",
                           "https://[::1",
                           "https://[fe80::1%25eth0]",
                           "https://*.example.org",
                           "https://films.example.org,https://b.example",
                           "https://a\xff.example",
                           "https://bücher.example",
                           "https://256.256.256.256",
                           "\"https://films.example.org\""})
    EXPECT_EQ(written(text), "[bad_public_url]") << text;
}

TEST(CanonicalAddress, KnowsAddressesFromNames) {
  EXPECT_EQ(canonical_address("[::0:1]"), "::1");
  EXPECT_EQ(canonical_address("127.0.0.1"), "127.0.0.1");
  for (const char* name : {"", "localhost", "1.2.3", "::1]", "fe80::1%lo"})
    EXPECT_EQ(canonical_address(name), "") << name;
}

}  // namespace
}  // namespace swarma::net
