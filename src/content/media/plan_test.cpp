#include "content/media/plan.h"

#include <gtest/gtest.h>

#include "content/media/language.h"

namespace swarma::content::media {
namespace {

constexpr std::int64_t kSecond = 1'000'000;

// A film of `seconds`, keyframes every `key_seconds`, that may be copied.
MediaInfo film(int width, int height, int seconds = 60, int key_seconds = 2) {
  MediaInfo info;
  info.container = "mov,mp4";
  info.duration_ms = seconds * 1000;
  info.video_end_us = info.media_end_us = seconds * kSecond;
  info.video.stream_index = 0;
  info.video.codec = "h264";
  info.video.width = width, info.video.height = height;
  info.video.frame_rate = 25;
  info.video.bit_rate = 1'000'000;
  info.video.can_copy = true;
  for (int s = 0; s < seconds; s += key_seconds) info.keyframes_us.push_back(s * kSecond);
  for (int s = 4; s < seconds; s += 4) info.grid_us.push_back(s * kSecond);
  return info;
}

AudioStream sound(int index, std::string language, int channels, bool can_copy = true) {
  AudioStream a;
  a.stream_index = index, a.codec = can_copy ? "aac" : "ac3", a.language = std::move(language);
  a.channels = channels, a.sample_rate = 48000, a.can_copy = can_copy;
  return a;
}

std::string summary(const PackagePlan& plan) {
  std::string out;
  for (const TrackPlan& t : plan.tracks) out += (out.empty() ? "" : " ") + t.key + (t.copy ? "*" : "");
  return out;
}

PackagePlan planned(const MediaInfo& info, const std::string& ladder = "auto") {
  auto plan = make_plan(info, *LadderChoice::parse(ladder), {});
  EXPECT_TRUE(plan) << (plan ? "" : plan.error().message);
  return plan ? *plan : PackagePlan();
}

TEST(Plan, CopiesTheSourceAndEncodesBelowIt) {
  MediaInfo info = film(1920, 1080);
  info.audio = {sound(1, "en", 2), sound(2, "de", 6)};
  info.captions = {{3, "subrip", "en", ""}};
  EXPECT_EQ(summary(planned(info)), "v1080* v720 v480 v360 a1-en* a2-de a2-de-surround* c-en storyboard");
}

TEST(Plan, NoSlotIsLongerThanTwelveSecondsWhereAPictureStays) {
  MediaInfo slides = film(640, 360, 60);
  slides.video.can_copy = false;
  slides.grid_us = {15 * kSecond, 45 * kSecond};  // pictures at 0, 15 and 45 s
  slides.duration_ms = 4'000'000;                 // and sound that goes on for more than an hour
  slides.media_end_us = 4'000 * kSecond;
  const std::vector<std::int64_t> cuts = planned(slides).cuts_us;
  for (std::size_t i = 1; i < cuts.size(); ++i) {
    EXPECT_LE(cuts[i] - cuts[i - 1], kLongestSlotUs);
    EXPECT_GE(cuts[i] - cuts[i - 1], kSecond);
  }
  for (std::int64_t t : {15 * kSecond, 45 * kSecond, 4'000 * kSecond})
    EXPECT_NE(std::find(cuts.begin(), cuts.end(), t), cuts.end()) << t;
}

TEST(Plan, LaddersNeverUpscaleAndSkipNearRungs) {
  auto sizes = [](int w, int h) {
    std::string out;
    for (const TrackPlan& t : planned(film(w, h)).tracks)
      if (t.kind == title::TrackKind::Video) out += std::to_string(t.width) + "x" + std::to_string(t.height) + " ";
    return out;
  };
  EXPECT_EQ(sizes(3840, 2160), "3840x2160 2560x1440 1920x1080 1280x720 854x480 640x360 ");
  EXPECT_EQ(sizes(720, 1280), "720x1280 480x854 360x640 ");
  EXPECT_EQ(sizes(960, 540), "960x540 640x360 ");  // 480 is within 15 % of 540
  EXPECT_EQ(sizes(321, 181), "320x180 ");          // odd sizes become even
  EXPECT_EQ(sizes(1440, 1074), "1440x1074 966x720 644x480 482x360 ");
}

TEST(Plan, AListIsCutToTheSource) {
  EXPECT_EQ(summary(planned(film(1280, 720), "1080,720p,360")), "v720* v360 storyboard");
  EXPECT_EQ(summary(planned(film(640, 360), "1080")), "v360* storyboard");
}

TEST(Plan, CopyHasNoStoryboardAndRefusesWithTheReason) {
  EXPECT_EQ(summary(planned(film(1280, 720), "copy")), "v720*");
  MediaInfo info = film(1280, 720);
  info.video.can_copy = false, info.video.why_not_copy = "The video is vp9, not H.264.";
  auto plan = make_plan(info, *LadderChoice::parse("copy"), {});
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().reason, "cannot_copy");
  EXPECT_NE(plan.error().message.find("vp9"), std::string::npos);
}

TEST(Plan, AWastefulSourceIsEncodedUnlessCopyIsAsked) {
  MediaInfo info = film(1280, 720);
  info.video.bit_rate = 40'000'000;
  EXPECT_EQ(summary(planned(info)), "v720 v480 v360 storyboard");
  EXPECT_EQ(summary(planned(info, "copy")), "v720*");
}

TEST(Plan, CutsCopiesAtKeyframesNearFourSeconds) {
  EXPECT_EQ(planned(film(1280, 720, 20, 2)).cuts_us,
            (std::vector<std::int64_t>{0, 4 * kSecond, 8 * kSecond, 12 * kSecond, 16 * kSecond, 20 * kSecond}));
  EXPECT_EQ(planned(film(1280, 720, 20, 5)).cuts_us,
            (std::vector<std::int64_t>{0, 5 * kSecond, 10 * kSecond, 15 * kSecond, 20 * kSecond}));
  MediaInfo late = film(1280, 720, 20, 5);
  for (auto& k : late.keyframes_us) k += 1'500'000;  // the picture begins after the sound: still slot 0
  EXPECT_EQ(planned(late).cuts_us[1], 6'500'000);
}

TEST(Plan, EncodesAreCutOnTheGridWithoutATinyLastSlot) {
  MediaInfo info = film(1280, 720, 20, 10);
  info.video.can_copy = false;
  info.video_end_us = info.media_end_us = 16'400'000;
  info.duration_ms = 16'400;
  EXPECT_EQ(planned(info).cuts_us, (std::vector<std::int64_t>{0, 4 * kSecond, 8 * kSecond, 12 * kSecond, 16'400'000}));
}

TEST(Plan, KeysAndNamesAreUniqueAndStable) {
  MediaInfo info = film(1280, 720);
  info.audio = {sound(1, "en", 2), sound(2, "en", 2), sound(3, "und", 1)};
  info.captions = {{4, "subrip", "de", ""}, {5, "subrip", "de", ""}};
  auto plan = make_plan(info, {}, {{"pt-BR", "x.srt"}, {"de", "y.srt"}});
  ASSERT_TRUE(plan);
  EXPECT_EQ(summary(*plan), "v720* v480 v360 a1-en* a2-en* a3-und* c-de c-de-2 c-pt-BR c-de-3 storyboard");
  EXPECT_EQ(plan->tracks[4].name, "English 2");
  EXPECT_EQ(plan->tracks[8].name, "Portuguese (BR)");
  auto bad = make_plan(info, {}, {{"klingon!", "x.srt"}});
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().reason, "bad_language");
}

TEST(Plan, KeyGroupsFollowTheShortSide) {
  for (const TrackPlan& t : planned(film(720, 1280)).tracks)
    EXPECT_EQ(t.key_group, t.key == "v720" ? "hd" : "sd") << t.key;
}

TEST(LadderChoice, RefusesWhatItDoesNotKnow) {
  for (const char* text : {"", "best", "720,", "721", "-720", "99999", "720;480"}) {
    auto choice = LadderChoice::parse(text);
    ASSERT_FALSE(choice) << text;
    EXPECT_EQ(choice.error().reason, "bad_ladder");
  }
}

TEST(Language, MapsIso639ToBcp47) {
  EXPECT_EQ(to_bcp47("ger"), "de");
  EXPECT_EQ(to_bcp47("deu"), "de");
  EXPECT_EQ(to_bcp47("EN"), "en");
  EXPECT_EQ(to_bcp47("pt-BR"), "pt-BR");
  EXPECT_EQ(to_bcp47("gsw"), "gsw");
  EXPECT_EQ(to_bcp47("zxx"), "und");
  EXPECT_EQ(to_bcp47("en-"), "und");
  EXPECT_EQ(to_bcp47("<script>"), "und");
  EXPECT_EQ(to_iso639_2("de"), "deu");
}

}  // namespace
}  // namespace swarma::content::media
