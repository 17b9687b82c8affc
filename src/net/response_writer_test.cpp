#include "net/response_writer.h"

#include <gtest/gtest.h>

namespace swarma::net {
namespace {

Request get(std::string name = {}, std::string value = {}) {
  Request request;
  request.method = "GET";
  if (!name.empty()) request.headers.add(std::move(name), std::move(value));
  return request;
}

Response file_of(std::uint64_t size, std::uint64_t offset = 0) {
  Response response;
  response.headers.add("ETag", "\"abc\"");
  response.body = FileBody{nullptr, offset, size};
  return response;
}

TEST(ApplyConditions, CutsOutARange) {
  Response response = file_of(1000, 50);
  ASSERT_TRUE(apply_conditions(get("Range", "bytes=100-199"), response));
  EXPECT_EQ(response.status, 206);
  EXPECT_EQ(response.headers.get("content-range"), "bytes 100-199/1000");
  EXPECT_EQ(std::get<FileBody>(response.body).offset, 150u);
  EXPECT_EQ(std::get<FileBody>(response.body).length, 100u);
}

TEST(ApplyConditions, AnswersNotModified) {
  Response response = file_of(1000);
  ASSERT_TRUE(apply_conditions(get("If-None-Match", "\"x\", \"abc\""), response));
  EXPECT_EQ(response.status, 304);
  EXPECT_EQ(body_length(response), 0u);
}

TEST(MayBeStrict, IsForNamesThatBelongToOneServer) {
  EXPECT_TRUE(may_be_strict("https://films.example.org"));
  EXPECT_TRUE(may_be_strict("https://nas:8420"));
  for (const char* url : {"", "http://films.example.org", "https://localhost:8420", "https://LOCALHOST",
                          "https://a.localhost", "https://127.0.0.1:8420", "https://192.168.1.7", "https://[::1]:8420"})
    EXPECT_FALSE(may_be_strict(url)) << url;
}

TEST(ApplyConditions, HonoursIfMatch) {
  const auto outcome = [](std::string if_match) {
    Response response = file_of(1000);
    const Result<void> applied = apply_conditions(get("If-Match", std::move(if_match)), response);
    return applied ? std::to_string(response.status) : applied.error().reason;
  };
  EXPECT_EQ(outcome("\"abc\""), "200");
  EXPECT_EQ(outcome("\"x\", \"abc\""), "200");
  EXPECT_EQ(outcome("*"), "200");
  for (const char* other : {"\"x\"", "W/\"abc\"", "abc", "\"ab\"", "\"abc\"x"})
    EXPECT_EQ(outcome(other), "precondition_failed") << other;
}

TEST(ApplyConditions, ReadsRepeatedFieldsAsOneList) {
  Request request = get("If-None-Match", "\"x\"");
  request.headers.add("If-None-Match", "\"abc\"");
  Response response = file_of(1000);
  ASSERT_TRUE(apply_conditions(request, response));
  EXPECT_EQ(response.status, 304);
}

TEST(ApplyConditions, HonoursIfRange) {
  const auto status_with = [](std::string if_range) {
    Request request = get("Range", "bytes=0-9");
    request.headers.add("If-Range", std::move(if_range));
    Response response = file_of(1000);
    EXPECT_TRUE(apply_conditions(request, response));
    return response.status;
  };
  EXPECT_EQ(status_with("\"abc\""), 206);
  EXPECT_EQ(status_with("\"old\""), 200);
  EXPECT_EQ(status_with("W/\"abc\""), 200);
  EXPECT_EQ(status_with("Sat, 29 Oct 1994 19:43:31 GMT"), 200);
}

TEST(ApplyConditions, RefusesARangeBeyondTheEnd) {
  Response response = file_of(1000);
  const Result<void> applied = apply_conditions(get("Range", "bytes=1000-"), response);
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().reason, "range_not_satisfiable");
}

TEST(ApplyConditions, LeavesOtherResponsesAlone) {
  Response failed = file_of(1000);
  failed.status = 404;
  ASSERT_TRUE(apply_conditions(get("Range", "bytes=0-9"), failed));
  EXPECT_EQ(failed.status, 404);
  Response to_head = file_of(1000);
  Request head = get("Range", "bytes=5000-");
  head.method = "HEAD";
  ASSERT_TRUE(apply_conditions(head, to_head));
  EXPECT_EQ(to_head.status, 200);
}

TEST(ReasonPhrase, HasOneForEveryStatus) {
  EXPECT_EQ(reason_phrase(100), "Continue");
  EXPECT_EQ(reason_phrase(206), "Partial Content");
  EXPECT_EQ(reason_phrase(402), "Payment Required");
  EXPECT_EQ(reason_phrase(507), "Insufficient Storage");
  EXPECT_EQ(reason_phrase(99), "OK");
  EXPECT_EQ(reason_phrase(299), "OK");
  EXPECT_EQ(reason_phrase(418), "Error");
  EXPECT_EQ(reason_phrase(599), "Error");
}

TEST(AppendHead, FramesTheBody) {
  Response response;
  response.body = "hello";
  response.headers.add("X-A", "b");
  response.headers.add("Content-Length", "9999");
  response.headers.add("Transfer-Encoding", "chunked");
  std::string head;
  ASSERT_TRUE(append_head(head, response, {}));
  EXPECT_TRUE(head.starts_with("HTTP/1.1 200 OK\r\nDate: "));
  EXPECT_NE(head.find("\r\nX-A: b\r\n"), std::string::npos);
  EXPECT_NE(head.find("\r\nContent-Length: 5\r\n"), std::string::npos);
  EXPECT_EQ(head.find("9999"), std::string::npos);
  EXPECT_EQ(head.find("chunked"), std::string::npos);
  EXPECT_TRUE(head.ends_with("\r\n\r\n"));
}

TEST(AppendHead, RefusesToBreakALine) {
  Response response;
  response.headers.add("Location", "/a\r\nSet-Cookie: x");
  std::string head = "before";
  EXPECT_FALSE(append_head(head, response, {}));
  EXPECT_EQ(head, "before");
}

}  // namespace
}  // namespace swarma::net
