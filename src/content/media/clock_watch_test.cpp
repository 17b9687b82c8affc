// The clock of a recording, packet by packet: where it jumps, and where each packet belongs.
#include "content/media/clock_watch.h"

#include <gtest/gtest.h>

#include <optional>

namespace swarma::content::media {
namespace {

constexpr std::int64_t kSecond = 1'000'000;

/// A file with a picture (stream 0) and sound (stream 1), whose times are in µs.
class Recording {
 public:
  explicit Recording(const char* format = "mpegts", int streams = 2) {
    context_->iformat = av_find_input_format(format);
    for (int i = 0; i < streams; ++i) {
      AVStream* stream = avformat_new_stream(context_, nullptr);
      stream->time_base = ff::kMicro;
      stream->codecpar->codec_type = i == 0 ? AVMEDIA_TYPE_VIDEO : i == 1 ? AVMEDIA_TYPE_AUDIO : AVMEDIA_TYPE_SUBTITLE;
    }
    watch_.emplace(*context_);
  }
  ~Recording() { avformat_free_context(context_); }

  /// A packet of 40 ms at a place in the file (-1: not known).
  void packet(int stream, std::int64_t us, std::int64_t place) {
    ff::Packet packet = ff::new_packet();
    packet->stream_index = stream;
    packet->pts = packet->dts = us;
    packet->duration = 40'000;
    packet->pos = place;
    watch_->take(*packet, *context_->streams[stream]);
  }
  /// Both streams from `begin` to `end`, side by side.
  void part(std::int64_t begin, std::int64_t end, std::int64_t place) {
    for (std::int64_t us = begin; us < end; us += 40'000) packet(0, us, place), packet(1, us, place + 1), place += 2;
  }
  const ClockWatch& watch() const { return *watch_; }

 private:
  AVFormatContext* context_ = avformat_alloc_context();
  std::optional<ClockWatch> watch_;
};

std::int64_t shift_of(const Timeline& timeline, int stream, std::int64_t packet) {
  std::int64_t shift = 0;
  for (const ClockPiece& piece : timeline)
    if (piece.stream == stream && piece.first_packet <= packet) shift = piece.shift_us;
  return shift;
}

TEST(ClockWatch, PutsTheSecondRecordingBehindTheFirst) {
  Recording r;
  r.part(1 * kSecond, 7 * kSecond, 0);
  r.part(1 * kSecond, 7 * kSecond, 1000);
  ASSERT_TRUE(r.watch().found_jumps());
  const Timeline timeline = r.watch().timeline();
  for (int stream : {0, 1}) {
    EXPECT_EQ(shift_of(timeline, stream, 149), 0);
    EXPECT_EQ(shift_of(timeline, stream, 150), 6 * kSecond);
  }
  const auto jumps = r.watch().jumps_of(0);
  ASSERT_EQ(jumps.size(), 1U);
  EXPECT_EQ(jumps[0].at_us, 7 * kSecond);
  EXPECT_EQ(jumps[0].by_us, -6 * kSecond);
}

TEST(ClockWatch, KnowsWhatComesOutLateByItsPlaceInTheFile) {
  Recording r;
  r.part(1 * kSecond, 5 * kSecond, 0);
  r.packet(0, 1 * kSecond, 1000);  // the picture is in the second part already,
  r.packet(1, 5 * kSecond, 300);   // sound still in the first, and so is what follows without a place
  r.packet(1, 5'040'000, -1);
  r.packet(1, 1 * kSecond, 1001);
  const Timeline timeline = r.watch().timeline();
  EXPECT_EQ(shift_of(timeline, 1, 100), 0);
  EXPECT_EQ(shift_of(timeline, 1, 101), 0);
  EXPECT_EQ(shift_of(timeline, 1, 102), shift_of(timeline, 0, 100));
  EXPECT_EQ(shift_of(timeline, 1, 102), 4'080'000);  // behind all of the first part's sound
}

TEST(ClockWatch, ClosesAJumpForwardButNoPauseOfOneStream) {
  Recording jump;
  jump.part(0, 4 * kSecond, 0);
  jump.part(3600 * kSecond, 3604 * kSecond, 1000);
  ASSERT_TRUE(jump.watch().found_jumps());
  EXPECT_EQ(shift_of(jump.watch().timeline(), 0, 100), -3596 * kSecond);

  Recording pause;  // sound goes on while the picture stays for an hour
  pause.part(0, 4 * kSecond, 0);
  for (std::int64_t s = 4; s < 3600; ++s) pause.packet(1, s * kSecond, 1000 + s);
  pause.part(3600 * kSecond, 3604 * kSecond, 9000);
  EXPECT_FALSE(pause.watch().found_jumps());

  Recording slides("mpegts", 1);  // a picture every half a minute
  for (std::int64_t s = 0; s < 300; s += 30) slides.packet(0, s * kSecond, s);
  EXPECT_FALSE(slides.watch().found_jumps());
}

TEST(ClockWatch, BelievesContainersThatKnowTheirTimes) {
  Recording r("matroska");
  r.part(0, 4 * kSecond, 0);
  r.part(3600 * kSecond, 3604 * kSecond, 1000);
  EXPECT_FALSE(r.watch().found_jumps());
}

TEST(ClockWatch, CaptionsFollowTheClockOfThePicture) {
  Recording r("mpegts", 3);
  r.part(1 * kSecond, 7 * kSecond, 0);
  r.packet(2, 2 * kSecond, 50);
  r.part(1 * kSecond, 7 * kSecond, 1000);
  r.packet(2, 5 * kSecond, 1200);  // later than the first: nothing of its own tells that it is another part
  EXPECT_EQ(shift_of(r.watch().timeline(), 2, 0), 0);
  EXPECT_EQ(shift_of(r.watch().timeline(), 2, 1), 6 * kSecond);
}

}  // namespace
}  // namespace swarma::content::media
