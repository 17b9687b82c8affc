#include "net/websocket_frames.h"

#include <gmock/gmock.h>

#include "net/websocket_testing.h"

namespace swarma::net {
namespace {

using namespace net::testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::size_t kMax = 1000;

/// The reading end of a server.
struct Reading {
  WebSocketFrames frames{WebSocketSide::Server, kMax};
  std::string replies;

  std::vector<std::string> feed(std::string_view bytes) {
    std::vector<std::string> texts;
    for (auto& message : frames.feed(bytes, replies))
      texts.push_back((message.kind == MessageKind::Text ? "" : "binary ") + message.text);
    return texts;
  }
  int code() const { return frames.closed() ? frames.closed()->code : 0; }
};

int code_for(std::string_view bytes) {
  Reading reading;
  EXPECT_THAT(reading.feed(bytes), IsEmpty());
  EXPECT_TRUE(reading.frames.close_sent());
  EXPECT_EQ(reading.replies, raw_frame(kClose, close_payload(static_cast<unsigned>(reading.code())), false));
  EXPECT_FALSE(reading.frames.holds_buffer());
  return reading.code();
}

TEST(WebSocketFrames, TurnBytesIntoMessagesAndBack) {
  WebSocketFrames server(WebSocketSide::Server, kMax), client(WebSocketSide::Client, kMax);
  std::string sent, replies;
  append_frame(sent, FrameKind::Text, "grüß Gott", WebSocketSide::Client);
  append_frame(sent, FrameKind::Binary, std::string(500, '\0'), WebSocketSide::Client);
  const auto received = server.feed(sent, replies);
  ASSERT_EQ(received.size(), 2u);
  EXPECT_EQ(received[0].text, "grüß Gott");
  EXPECT_EQ(received[0].kind, MessageKind::Text);
  EXPECT_EQ(received[1].text, std::string(500, '\0'));
  EXPECT_EQ(received[1].kind, MessageKind::Binary);
  EXPECT_EQ(replies, "");

  std::string back;
  append_frame(back, FrameKind::Text, "hello", WebSocketSide::Server);
  EXPECT_EQ(back, raw_frame(kText, "hello", false));
  EXPECT_EQ(client.feed(back, replies)[0].text, "hello");
}

TEST(WebSocketFrames, AreCutAnywhere) {
  const std::string bytes = raw_frame(0x01, "a ") + raw_frame(kPing, "there?") + raw_frame(0x00, "mes") +
                            raw_frame(0x80, "sage") + raw_frame(kBinary, std::string(200, 'x')) + raw_frame(kText, "");
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    Reading reading;
    auto got = reading.feed(bytes.substr(0, cut));
    for (auto& more : reading.feed(bytes.substr(cut))) got.push_back(std::move(more));
    EXPECT_THAT(got, ElementsAre("a message", "binary " + std::string(200, 'x'), "")) << cut;
    EXPECT_EQ(reading.replies, raw_frame(kPong, "there?", false));
    EXPECT_FALSE(reading.frames.holds_buffer()) << cut;
  }
}

TEST(WebSocketFrames, HoldABufferOnlyWithinAMessage) {
  Reading reading;
  const std::string bytes = raw_frame(0x01, "first ") + raw_frame(0x80, "second");
  for (std::size_t i = 0; i + 1 < bytes.size(); ++i) {
    reading.feed(bytes.substr(i, 1));
    EXPECT_TRUE(reading.frames.holds_buffer()) << i;
  }
  EXPECT_THAT(reading.feed(bytes.substr(bytes.size() - 1)), ElementsAre("first second"));
  EXPECT_FALSE(reading.frames.holds_buffer());
  reading.feed(raw_frame(kPing, "x"));
  EXPECT_FALSE(reading.frames.holds_buffer());
}

TEST(WebSocketFrames, AreRefusedWhenTheyBreakTheRules) {
  EXPECT_EQ(code_for(raw_frame(kText, "not masked", false)), 1002);
  for (const unsigned reserved : {0x40, 0x20, 0x10}) EXPECT_EQ(code_for(raw_frame(kText | reserved, "x")), 1002);
  for (const unsigned unknown : {0x83, 0x87, 0x8b, 0x8f}) EXPECT_EQ(code_for(raw_frame(unknown, "x")), 1002);
  EXPECT_EQ(code_for(raw_frame(kPing, std::string(126, 'x'))), 1002) << "a control frame is small";
  EXPECT_EQ(code_for(raw_frame(0x09, "x")), 1002) << "a control frame is whole";
  EXPECT_EQ(code_for(raw_frame(0x80, "x")), 1002) << "nothing to go on with";
  EXPECT_EQ(code_for(raw_frame(0x01, "x") + raw_frame(kText, "y")), 1002) << "a message within another";
  EXPECT_EQ(code_for("\x81\xfe" + std::string("\0\x05\0\0\0\0hello", 11)), 1002) << "a length in a longer form";
  EXPECT_EQ(code_for("\x81\xff\x80" + std::string(11, '\0')), 1002) << "a length beyond 63 bits";
  EXPECT_EQ(code_for(raw_frame(kClose, "x")), 1002) << "half a code";
  EXPECT_EQ(code_for(raw_frame(kClose, close_payload(1005))), 1002) << "a code that is never sent";
  EXPECT_EQ(code_for(raw_frame(kClose, close_payload(999))), 1002);
}

TEST(WebSocketFrames, CarryTextThatIsUtf8) {
  EXPECT_EQ(code_for(raw_frame(kText, "\xc3\x28")), 1007);
  EXPECT_EQ(code_for(raw_frame(kText, "cut \xe2\x82")), 1007);
  EXPECT_EQ(code_for(raw_frame(kText, "\xed\xa0\x80")), 1007) << "a surrogate";
  EXPECT_EQ(code_for(raw_frame(kClose, close_payload(1000, "\xff"))), 1007);
  Reading reading;
  EXPECT_THAT(reading.feed(raw_frame(0x01, "\xe2") + raw_frame(0x80, "\x82\xac")), ElementsAre("€"));
  EXPECT_THAT(reading.feed(raw_frame(kBinary, "\xff")), ElementsAre("binary \xff"));
}

TEST(WebSocketFrames, AreLimitedInSizeWhateverTheyAnnounce) {
  EXPECT_EQ(code_for(std::string("\x82\xff\0\0\0\x7f\xff\xff\xff\xff\0\0\0\0x", 15)), 1009);
  EXPECT_EQ(code_for(raw_frame(kBinary, std::string(kMax + 1, 'x'))), 1009);
  EXPECT_EQ(code_for(raw_frame(0x02, std::string(kMax, 'x')) + raw_frame(0x80, "x")), 1009);
  Reading reading;
  EXPECT_EQ(reading.feed(raw_frame(kBinary, std::string(kMax, 'x')))[0].size(), kMax + 7);
}

TEST(WebSocketFrames, AgreeToAClose) {
  Reading reading;
  EXPECT_THAT(reading.feed(raw_frame(kText, "last") + raw_frame(kClose, close_payload(1000, "bye")) + "rubbish"),
              ElementsAre("last"));
  EXPECT_EQ(reading.code(), 1000);
  EXPECT_EQ(reading.frames.closed()->reason, "bye");
  EXPECT_EQ(reading.replies, raw_frame(kClose, close_payload(1000, "bye"), false));
  EXPECT_THAT(reading.feed(raw_frame(kText, "late")), IsEmpty());

  Reading without_code;
  without_code.feed(raw_frame(kClose, ""));
  EXPECT_EQ(without_code.code(), 1005);
  EXPECT_EQ(without_code.replies, raw_frame(kClose, "", false));
}

TEST(WebSocketFrames, CloseOnce) {
  Reading reading;
  reading.frames.close(4000, std::string(200, 'x') + "€", reading.replies);
  EXPECT_EQ(reading.replies, raw_frame(kClose, close_payload(4000, std::string(123, 'x')), false));
  reading.replies.clear();
  EXPECT_THAT(reading.feed(raw_frame(kText, "crossed") + raw_frame(kClose, close_payload(4000))),
              ElementsAre("crossed"));
  EXPECT_EQ(reading.replies, "");
  EXPECT_EQ(reading.code(), 4000);
  std::string frame;
  append_close(frame, 1000, std::string(122, 'x') + "€", WebSocketSide::Server);
  EXPECT_EQ(frame, raw_frame(kClose, close_payload(1000, std::string(122, 'x')), false)) << "no half character";
}

}  // namespace
}  // namespace swarma::net
