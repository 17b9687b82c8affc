#include "net/http_parser.h"

#include <gtest/gtest.h>

#include <random>

namespace swarma::net {
namespace {

constexpr std::size_t kMaxHead = 4096;

struct Outcome {
  std::string reason;  // of the error, or empty
  bool done = false;
  std::string method, target, body, left;
  Headers headers;
};

/// Feeds the text in two parts, as a connection would.
Outcome parse(std::string_view text, std::size_t split = 0) {
  RequestParser parser;
  parser.reset(kMaxHead);
  std::string waiting;
  Outcome out;
  for (const std::string_view part : {text.substr(0, split), text.substr(split)}) {
    waiting += part;
    for (bool progress = true; progress && !(parser.head_done() && parser.done());) {
      const bool head_before = parser.head_done();
      const Result<std::size_t> used = parser.feed(waiting);
      if (!used) {
        out.reason = used.error().reason;
        return out;
      }
      waiting.erase(0, *used);
      progress = *used > 0 || head_before != parser.head_done();
    }
  }
  if (!parser.head_done()) return out;
  out.done = parser.done();
  out.method = parser.head().method;
  out.target = parser.head().target;
  out.headers = parser.head().headers;
  out.body = parser.body();
  out.left = waiting;
  return out;
}

TEST(RequestParser, ReadsARequestWithABody) {
  const Outcome request = parse("POST /v1/x?y=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET");
  EXPECT_EQ(request.reason, "");
  EXPECT_TRUE(request.done);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/v1/x?y=1");
  EXPECT_EQ(request.headers.get("host"), "a");
  EXPECT_EQ(request.body, "abc");
  EXPECT_EQ(request.left, "GET");
}

TEST(RequestParser, GivesTheSameForEverySplit) {
  const std::string_view kRequests[] = {
      "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
      "\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\nGET /c",
      "PUT /u HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
      "chunked\r\n\r\n4;x=\"y\"\r\nWiki\r\n5\r\npedia\r\n0\r\nTrailer: t\r\n\r\nrest",
      "POST /x HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello",
  };
  for (const std::string_view text : kRequests) {
    const Outcome whole = parse(text);
    ASSERT_TRUE(whole.done) << text;
    for (std::size_t split = 0; split <= text.size(); ++split) {
      const Outcome parts = parse(text, split);
      EXPECT_EQ(parts.reason, "") << text << " at " << split;
      EXPECT_TRUE(parts.done) << text << " at " << split;
      EXPECT_EQ(parts.body, whole.body) << split;
      EXPECT_EQ(parts.left, whole.left) << split;
      EXPECT_EQ(parts.headers.all(), whole.headers.all()) << split;
    }
  }
}

// As fuzz/http_request.cpp, with a fixed seed: only where no empty line came may the cut reading still wait for more
// while the whole one has already seen the mistake.
TEST(RequestParser, GivesTheSameForEverySplitOfDamagedRequests) {
  const std::string kSeeds[] = {
      "GET /a?b HTTP/1.1\r\nHost: a\r\nX: 1\r\n\r\nGET",
      "PUT /u HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4;x=\"y\"\r\nWiki\r\n0\r\nT: t\r\n\r\nrest",
      "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
  };
  const std::string alphabet = std::string("\r\n \t:;,=\"/%aF0159\x7f\x80", 20) + '\0';
  std::mt19937 random(20260101);
  int accepted = 0, refused = 0;
  for (int round = 0; round < 2000; ++round) {
    std::string text = kSeeds[random() % std::size(kSeeds)];
    for (unsigned edits = 1 + random() % 4; edits > 0; --edits) {
      const std::size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = alphabet[random() % alphabet.size()];
          break;
        case 1:
          text.erase(at, 1 + random() % 3);
          break;
        default:
          text.insert(at, 1, alphabet[random() % alphabet.size()]);
      }
    }
    const Outcome whole = parse(text);
    ++(whole.reason.empty() ? accepted : refused);
    for (std::size_t split = 1; split < text.size(); ++split) {
      const Outcome parts = parse(text, split);
      if (!whole.reason.empty() && parts.reason.empty() && !parts.done) continue;  // not seen yet
      ASSERT_EQ(parts.reason.empty(), whole.reason.empty()) << ::testing::PrintToString(text) << " at " << split;
      ASSERT_EQ(parts.done, whole.done) << ::testing::PrintToString(text) << " at " << split;
      if (!whole.reason.empty()) continue;
      ASSERT_EQ(parts.method + parts.target + parts.body, whole.method + whole.target + whole.body)
          << text << " at " << split;
      ASSERT_EQ(parts.headers.all(), whole.headers.all()) << text << " at " << split;
      if (whole.done) ASSERT_EQ(parts.left, whole.left) << text << " at " << split;
    }
  }
  EXPECT_GT(accepted, 200);
  EXPECT_GT(refused, 200);
}

TEST(RequestParser, DropsTrailers) {
  const Outcome request =
      parse("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX-Evil: 1\r\n\r\n");
  EXPECT_TRUE(request.done);
  EXPECT_EQ(request.headers.count("x-evil"), 0u);
}

TEST(RequestParser, RefusesWhatTwoPartiesCouldReadDifferently) {
  const std::string get = "GET / HTTP/1.1\r\nHost: a\r\n", post = "POST / HTTP/1.1\r\nHost: a\r\n";
  const std::pair<std::string, const char*> kCases[] = {
      {post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", "bad_request"},
      {post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", "bad_request"},
      {post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n", "bad_request"},
      {post + "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", "bad_request"},
      {post + "Content-Length: 5, 5\r\n\r\n", "bad_request"},
      {post + "Content-Length: +5\r\n\r\n", "bad_request"},
      {post + "Content-Length: -5\r\n\r\n", "bad_request"},
      {post + "Content-Length: 5 6\r\n\r\n", "bad_request"},
      {post + "Content-Length: 99999999999999999999999\r\n\r\n", "bad_request"},
      {post + "Content-Length:\r\n\r\n", "bad_request"},
      {post + "Transfer-Encoding: gzip\r\n\r\n", "unsupported_coding"},
      {post + "Transfer-Encoding: gzip, chunked\r\n\r\n", "unsupported_coding"},
      {post + "Transfer-Encoding: xchunked\r\n\r\n", "unsupported_coding"},
      {post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", "bad_request"},
      {post + "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n", "bad_request"},
      {post + "Transfer-Encoding : chunked\r\n\r\n", "bad_request"},
      {post + "Content-Length: 5\r\nTransfer-Encoding: gzip\r\n\r\n", "bad_request"},
      {"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", "bad_request"},
      {"GET / HTTP/1.1\r\n\r\n", "bad_request"},
      {get + "Host: b\r\n\r\n", "bad_request"},
      {get + "X: a\nY: b\r\n\r\n", "bad_request"},
      {get + "X: a\rY: b\r\n\r\n", "bad_request"},
      {get + std::string("X: a\0b\r\n\r\n", 10), "bad_request"},
      {get + "No colon\r\n\r\n", "bad_request"},
      {get + ": empty\r\n\r\n", "bad_request"},
      {"GET / HTTP/1.1\nHost: a\n\n", "bad_request"},
      {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", "bad_request"},
      {"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "bad_request"},
      {"GET / \r\nHost: a\r\n\r\n", "bad_request"},
      {"G\x01T / HTTP/1.1\r\nHost: a\r\n\r\n", "bad_request"},
      {"\x16\x03\x01\x02hello", "bad_request"},
  };
  for (const auto& [text, reason] : kCases) EXPECT_EQ(parse(text).reason, reason) << text;
}

TEST(RequestParser, RefusesBrokenChunks) {
  const std::string head = "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::string body : {"x\r\n", "-1\r\n", "5\r\nhelloX\r\n0\r\n\r\n", "fffffffffffffffff\r\n",
                                 "5;\"\r\nhello\r\n", "5 5\r\nhello\r\n"})
    EXPECT_EQ(parse(head + body).reason, "bad_request") << body;
}

TEST(RequestParser, BoundsTheHead) {
  const std::string start = "GET / HTTP/1.1\r\nHost: a\r\n";
  EXPECT_EQ(parse("GET /" + std::string(kMaxHead, 'a')).reason, "header_too_large");
  EXPECT_EQ(parse(start + "X: " + std::string(kMaxHead, 'a') + "\r\n\r\n").reason, "header_too_large");
  EXPECT_EQ(parse(start + "X: " + std::string(kMaxHead, 'a')).reason, "header_too_large");
  std::string many = start;
  for (int i = 0; i < 101; ++i) many += "A: b\r\n";
  EXPECT_EQ(parse(many + "\r\n").reason, "header_too_large");
  std::string just_fits = start + "X: ";
  just_fits += std::string(kMaxHead - just_fits.size() - 4, 'a') + "\r\n\r\n";
  EXPECT_EQ(parse(just_fits).reason, "");
  EXPECT_EQ(parse(just_fits.insert(just_fits.size() - 4, "a")).reason, "header_too_large");
  std::string blank;
  for (std::size_t i = 0; i < kMaxHead; ++i) blank += "\r\n";
  EXPECT_EQ(parse(blank).reason, "header_too_large");
}

TEST(RequestParser, BoundsAHeadThatComesInDrops) {
  RequestParser parser;
  parser.reset(kMaxHead);
  const std::string line = "Name: value\r\n";
  Result<std::size_t> used = parser.feed("GET / HTTP/1.1\r\n");
  std::size_t fed = 16;
  std::string waiting;
  while (used && fed < 10 * kMaxHead) {
    waiting += line;
    fed += line.size();
    used = parser.feed(waiting);
    if (used) waiting.erase(0, *used);
  }
  ASSERT_FALSE(used);
  EXPECT_EQ(used.error().reason, "header_too_large");
  EXPECT_LE(fed, kMaxHead + line.size());
}

TEST(RequestParser, BoundsAChunkedBody) {
  RequestParser parser;
  parser.reset(kMaxHead);
  ASSERT_TRUE(parser.feed("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"));
  ASSERT_TRUE(parser.head_done());
  parser.limit_body(9);
  ASSERT_TRUE(parser.feed("5\r\nhello\r\n"));
  const Result<std::size_t> second = parser.feed("\r\n5\r\nworld\r\n");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().reason, "body_too_large");
}

TEST(RequestParser, BoundsChunkExtensions) {
  RequestParser parser;
  parser.reset(kMaxHead);
  ASSERT_TRUE(parser.feed("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"));
  EXPECT_FALSE(parser.feed("5;" + std::string(100'000, 'x')));
}

TEST(RequestParser, KnowsWhetherTheConnectionStays) {
  const auto keeps = [](std::string_view text) {
    RequestParser parser;
    parser.reset(kMaxHead);
    EXPECT_TRUE(parser.feed(text)) << text;
    return parser.head().keep_alive;
  };
  EXPECT_TRUE(keeps("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_TRUE(keeps("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
}

}  // namespace
}  // namespace swarma::net
