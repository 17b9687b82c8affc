// Bodies that are more than a string: files, ranges, streams, sinks.
#include <fcntl.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <latch>
#include <mutex>
#include <numeric>

#include "net/server_testing.h"

namespace swarma::net::testing {
namespace {

std::string pattern_of(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>((i * 31 + i / 251) & 0xff);
  return text;
}

/// An unlinked file with these bytes.
std::shared_ptr<const Fd> file_with(std::string_view bytes) {
  const Fd made(::open(std::filesystem::temp_directory_path().c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t written = ::write(made.get(), bytes.data() + done, bytes.size() - done);
    if (written <= 0) throw std::runtime_error("cannot write a temporary file");
    done += static_cast<std::size_t>(written);
  }
  return std::make_shared<const Fd>(::dup(made.get()));
}

Route file_route(std::shared_ptr<const Fd> file, std::uint64_t size) {
  return route("GET", "/file", [=](const Request&) {
    Response response;
    response.headers.add("ETag", "\"tag\"");
    response.body = FileBody{file, 0, size};
    return response;
  });
}

TEST(FileBody, ArrivesWhole) {
  const std::string bytes = pattern_of(3'000'017);
  RunningServer server({file_route(file_with(bytes), bytes.size())});
  RawClient client(server.port());
  client.send("GET /file HTTP/1.1\r\nHost: a\r\n\r\nGET /file HTTP/1.1\r\nHost: a\r\n\r\n");
  for (int i = 0; i < 2; ++i) {
    const RawResponse response = client.response();
    EXPECT_EQ(response.status, 200);
    EXPECT_TRUE(response.has("Accept-Ranges: bytes"));
    EXPECT_TRUE(response.body == bytes);
  }
}

TEST(FileBody, IsServedInRanges) {
  const std::string bytes = pattern_of(1000);
  RunningServer server({file_route(file_with(bytes), bytes.size())});
  const auto get = [&](const std::string& fields) {
    return raw_exchange(server, "GET /file HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n");
  };
  const RawResponse part = get("Range: bytes=100-199\r\n");
  EXPECT_EQ(part.status, 206);
  EXPECT_TRUE(part.has("Content-Range: bytes 100-199/1000"));
  EXPECT_EQ(part.body, bytes.substr(100, 100));
  EXPECT_EQ(get("Range: bytes=-500\r\n").body, bytes.substr(500));
  EXPECT_EQ(get("Range: bytes=0-1,5-6\r\n").body, bytes);
  const RawResponse beyond = get("Range: bytes=1000-\r\n");
  EXPECT_EQ(beyond.status, 416);
  EXPECT_TRUE(beyond.has("Content-Range: bytes */1000"));
  EXPECT_EQ(get("Range: bytes=0-9\r\nIf-Range: \"tag\"\r\n").status, 206);
  EXPECT_EQ(get("Range: bytes=0-9\r\nIf-Range: \"old\"\r\n").status, 200);
  const RawResponse same = get("If-None-Match: \"tag\"\r\n");
  EXPECT_EQ(same.status, 304);
  EXPECT_TRUE(same.has("ETag: \"tag\""));
  EXPECT_EQ(same.body, "");
}

TEST(FileBody, CutShortEndsTheConnection) {
  RunningServer server({file_route(file_with("short"), 1000)});
  RawClient client(server.port());
  client.send("GET /file HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.response().body, "short");
  EXPECT_TRUE(client.at_end());
}

TEST(FileBody, WaitsForASlowReader) {
  const std::string bytes = pattern_of(16 << 20);
  RunningServer server({file_route(file_with(bytes), bytes.size()),
                        route("GET", "/x", [](const Request&) { return text_response("x"); })});
  RawClient slow(server.port(), 4096);
  slow.send("GET /file HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(raw_exchange(server, "GET /x HTTP/1.1\r\nHost: a\r\n\r\n").body, "x");  // others are served meanwhile
  EXPECT_TRUE(slow.response().body == bytes);
}

TEST(StringBody, MayBeLargerThanTheSocketsBuffer) {
  const std::string bytes = pattern_of(16 << 20);
  RunningServer server({route("GET", "/big", [&](const Request&) { return text_response(bytes); })});
  RawClient client(server.port(), 4096);
  client.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(client.response().body == bytes);
}

/// What a sink has seen, shared with the test.
struct Seen {
  std::mutex mutex;
  std::condition_variable changed;
  std::string bytes;
  std::size_t pieces = 0, largest = 0;
  bool finished = false, destroyed = false;
};

class RecordingSink final : public BodySink {
 public:
  RecordingSink(Seen& seen, std::size_t limit) : seen_(seen), limit_(limit) {}
  ~RecordingSink() override {
    const std::lock_guard lock(seen_.mutex);
    seen_.destroyed = true;
    seen_.changed.notify_all();
  }
  Result<void> write(ByteView piece) override {
    const std::lock_guard lock(seen_.mutex);
    seen_.bytes += as_text(piece);
    seen_.pieces += 1;
    seen_.largest = std::max(seen_.largest, piece.size());
    if (seen_.bytes.size() > limit_) return fail(ErrorCode::TooLarge, "body_too_large", "The disk is full.");
    return {};
  }
  Response finish(const Request& request) override {
    const std::lock_guard lock(seen_.mutex);
    seen_.finished = true;
    return text_response(request.path + " " + std::to_string(seen_.bytes.size()));
  }

 private:
  Seen& seen_;
  std::size_t limit_;
};

Route sink_route(Seen& seen, std::size_t limit = SIZE_MAX) {
  Route made;
  made.method = "PUT";
  made.pattern = "/upload";
  made.max_body = 64 << 20;
  made.sink = [&seen, limit](const Request& head) -> Result<std::unique_ptr<BodySink>> {
    if (head.headers.get("x-refuse") == "yes")
      return fail(ErrorCode::BadRequest, "bad_request", "Refused at the head.");
    return std::make_unique<RecordingSink>(seen, limit);
  };
  return made;
}

TEST(BodySink, TakesABodyPieceByPiece) {
  Seen seen;
  RunningServer server({sink_route(seen)});
  const std::string bytes = pattern_of(5'000'000);
  HttpClient client;
  ClientRequest request;
  request.method = "PUT";
  request.url = server.url("/upload");
  request.body = bytes;
  const auto response = client.send(request);
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->body, "/upload 5000000");
  EXPECT_TRUE(seen.bytes == bytes);
  EXPECT_GT(seen.pieces, 1u);
  EXPECT_LE(seen.largest, 512u * 1024);
}

TEST(BodySink, TakesChunksAndNothing) {
  Seen seen;
  RunningServer server({sink_route(seen)});
  RawClient client(server.port());
  client.send("PUT /upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n");
  EXPECT_EQ(client.response().body, "/upload 6");
  client.send("PUT /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(client.response().body, "/upload 6");
}

TEST(BodySink, AnswersBeforeTheBodyWhenTheHeadIsRefused) {
  Seen seen;
  RunningServer server({sink_route(seen)});
  RawClient client(server.port());
  client.send("PUT /upload HTTP/1.1\r\nHost: a\r\nX-Refuse: yes\r\nContent-Length: 1000000\r\n\r\n");
  EXPECT_EQ(client.response().status, 400);
  client.send(std::string(1'000'000, 'x'));  // a client that sends all the same still gets to read its answer
  client.end_of_input();
  EXPECT_TRUE(client.at_end());
  EXPECT_EQ(seen.pieces, 0u);
}

TEST(BodySink, StopsTheRequestWithItsError) {
  Seen seen;
  RunningServer server({sink_route(seen, 1000)});
  RawClient client(server.port());
  client.send("PUT /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 4000000\r\n\r\n" + std::string(2'000'000, 'x'));
  const RawResponse response = client.response();
  EXPECT_EQ(response.status, 413);
  EXPECT_EQ(response.body, "body_too_large: The disk is full.");
  EXPECT_FALSE(seen.finished);
}

TEST(BodySink, IsDestroyedWithoutFinishWhenTheClientGoes) {
  Seen seen;
  RunningServer server({sink_route(seen)});
  {
    RawClient client(server.port());
    client.send("PUT /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nbegin");
    std::unique_lock lock(seen.mutex);
    seen.changed.wait_for(lock, std::chrono::milliseconds(50), [&] { return seen.pieces > 0; });
  }
  std::unique_lock lock(seen.mutex);
  EXPECT_TRUE(seen.changed.wait_for(lock, std::chrono::seconds(10), [&] { return seen.destroyed; }));
  EXPECT_FALSE(seen.finished);
}

}  // namespace
}  // namespace swarma::net::testing
