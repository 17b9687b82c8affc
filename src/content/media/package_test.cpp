#include "content/media/package.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "base/file.h"
#include "content/media/package_testing.h"
#include "content/media/stage.h"

namespace swarma::content::media {
namespace {

namespace fs = std::filesystem;
using namespace testing;  // NOLINT: test vocabulary

std::uint64_t read_be(ByteView bytes, int n) {
  std::uint64_t value = 0;
  for (int i = 0; i < n; ++i) value = value << 8 | bytes[static_cast<std::size_t>(i)];
  return value;
}

std::vector<std::string> top_boxes(ByteView bytes) {
  std::vector<std::string> names;
  while (bytes.size() >= 8) {
    names.emplace_back(as_text(bytes.subspan(4, 4)));
    std::size_t size = read_be(bytes, 4);
    if (size < 8 || size > bytes.size()) break;
    bytes = bytes.subspan(size);
  }
  return names;
}

// The decode time of a segment, in its track's ticks.
std::uint64_t tfdt(ByteView segment) {
  std::string_view text = as_text(segment);
  std::size_t at = text.find("tfdt");
  EXPECT_NE(at, std::string_view::npos);
  bool wide = segment[at + 4] == 1;
  return read_be(segment.subspan(at + 8), wide ? 8 : 4);
}

TEST(Package, MakesOneSegmentPerSlotOfEveryTrack) {
  TemporaryFolder folder;
  auto made = package_film(generate_plain(folder));
  ASSERT_TRUE(made);
  ASSERT_EQ(made->plan.slots(), 3U);
  for (auto& [index, track] : made->sink.tracks) {
    EXPECT_EQ(track.segments.size(), 3U) << made->plan.tracks[index].key;
    EXPECT_TRUE(track.ended);
  }
  const TrackBytes& video = made->track("v360");
  EXPECT_EQ(video.facts.codecs.substr(0, 5), "avc1.");
  EXPECT_EQ(top_boxes(video.init), (std::vector<std::string>{"ftyp", "moov"}));
  for (const Bytes& segment : video.segments) EXPECT_EQ(top_boxes(segment), (std::vector<std::string>{"moof", "mdat"}));
  EXPECT_EQ(made->track("a1-und").facts.codecs, "mp4a.40.2");
  for (const Bytes& tile : made->track("storyboard").segments) EXPECT_EQ(read_be(tile, 2), 0xFFD8U);
}

TEST(Package, AllRenditionsAreCutAtTheSameTimes) {
  TemporaryFolder folder;
  // An encoded top of a copied source cannot be told from its cuts: same times in every track.
  fs::path film =
      generate(folder, "hd.mp4",
               "-f lavfi -i testsrc2=size=1280x720:rate=30000/1001:duration=9 -c:v libx264 -preset ultrafast "
               "-pix_fmt yuv420p -g 45 -bf 2");
  auto made = package_film(film, "auto");
  ASSERT_TRUE(made);
  ASSERT_TRUE(made->plan.tracks[0].copy);
  const TrackBytes &top = made->track("v720"), &low = made->track("v360");
  ASSERT_EQ(top.segments.size(), low.segments.size());
  for (std::size_t i = 0; i < top.segments.size(); ++i) {
    EXPECT_EQ(tfdt(top.segments[i]), tfdt(low.segments[i])) << i;
    EXPECT_NEAR(top.seconds[i], low.seconds[i], 0.001);
    EXPECT_NEAR(static_cast<double>(tfdt(top.segments[i])) / 30000, static_cast<double>(made->plan.cuts_us[i]) / 1e6,
                0.001);
  }
}

TEST(Package, CopiesPacketsBitForBit) {
  TemporaryFolder folder;
  fs::path film = generate_plain(folder), out = folder / "out.mp4";
  auto made = package_film(film, "copy");
  ASSERT_TRUE(made);
  ASSERT_TRUE(remux(*made, out));
  EXPECT_EQ(packet_hashes(out, "v"), packet_hashes(film, "v"));
  EXPECT_EQ(packet_hashes(out, "a"), packet_hashes(film, "a"));
  EXPECT_NEAR(duration_of(out), duration_of(film), 0.04);
}

TEST(Package, KeepsVariableFrameTimes) {
  TemporaryFolder folder;
  // Pictures at 25 a second, but only every seventh in the middle part, and a pause of five seconds.
  fs::path film =
      generate(folder, "vfr.mkv",
               "-f lavfi -i testsrc2=size=320x180:rate=25:duration=16 -vf "
               "\"select='lt(t,3)+gt(t,11)+not(mod(n,7))*lt(t,6)'\" -vsync vfr -c:v libvpx -deadline realtime");
  auto made = package_film(film);
  ASSERT_TRUE(made);
  EXPECT_TRUE(made->info.video.variable_frame_rate);
  fs::path out = folder / "out.mp4";
  ASSERT_TRUE(remux(*made, out));
  auto times = [](const fs::path& file) {
    std::istringstream lines(
        run("ffprobe -v error -select_streams v -show_entries frame=best_effort_timestamp_time -of csv=p=0 " +
            quoted(file)));
    std::vector<double> all;
    for (std::string line; std::getline(lines, line);) all.push_back(std::strtod(line.c_str(), nullptr));
    return all;
  };
  std::vector<double> source = times(film), result = times(out);
  // A slot without a picture of its own repeats the one before: times of the source must all be there.
  for (double t : source)
    EXPECT_TRUE(std::any_of(result.begin(), result.end(), [&](double r) { return std::abs(r - t) < 0.02; })) << t;
  EXPECT_LE(result.size(), source.size() + 2);
}

TEST(Package, TurnsDeinterlacesAndKeepsTheShape) {
  TemporaryFolder folder;
  fs::path plain = generate_plain(folder);
  fs::path turned = generate(folder, "turned.mp4", "-i " + plain.string() + " -t 3 -c copy -metadata:s:v rotate=90");
  auto made = package_film(turned);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->plan.tracks[0].width, 360);
  EXPECT_EQ(made->plan.tracks[0].height, 640);
  fs::path out = folder / "out.mp4";
  ASSERT_TRUE(remux(*made, out));
  EXPECT_GT(ssim(out, turned, 0, ""), 0.95);  // the judge turns the source by itself
}

TEST(Package, SurroundIsKeptAndMixedDown) {
  TemporaryFolder folder;
  fs::path film = generate(folder, "ac3.mkv",
                           "-f lavfi -i testsrc2=size=320x180:rate=25:duration=9 -f lavfi -i "
                           "\"sine=duration=9:sample_rate=48000,pan=5.1|c0=c0|c1=c0|c2=c0|c3=c0|c4=c0|c5=c0\" "
                           "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 50 -c:a ac3 -metadata:s:a language=fre");
  auto made = package_film(film);
  ASSERT_TRUE(made);
  fs::path out = folder / "out.mp4";
  ASSERT_TRUE(remux(*made, out));
  EXPECT_EQ(run("ffprobe -v error -select_streams a -show_entries stream=codec_name,channels:stream_tags=language -of "
                "csv=p=0 " +
                quoted(out)),
            "aac,2,fra\naac,6,fra\n");
}

TEST(Package, FillsMissingSoundWithSilence) {
  TemporaryFolder folder;
  fs::path film =
      generate(folder, "short.mp4",
               "-f lavfi -i testsrc2=size=320x180:rate=25:duration=12 -itsoffset 2 -f lavfi -i "
               "sine=duration=3:sample_rate=44100 -c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 50 -c:a aac");
  auto made = package_film(film, "copy");
  ASSERT_TRUE(made);
  const TrackBytes& sound = made->track("a1-und");
  EXPECT_EQ(sound.segments.size(), made->plan.slots());
  EXPECT_NE(sound.facts.note.find("silence"), std::string::npos);
  fs::path out = folder / "out.mp4";
  ASSERT_TRUE(remux(*made, out));
  // The sound is where it was: silent before 2 s and after 5 s.
  std::string heard =
      run("ffmpeg -hide_banner -nostats -i " + quoted(out) + " -af silencedetect=n=-50dB:d=0.5 -f null - 2>&1");
  std::size_t end = heard.find("silence_end: ");
  ASSERT_NE(end, std::string::npos) << heard;
  EXPECT_NEAR(std::strtod(heard.c_str() + end + 13, nullptr), 2.0, 0.05);
  std::size_t start = heard.rfind("silence_start: ");
  EXPECT_NEAR(std::strtod(heard.c_str() + start + 15, nullptr), 5.0, 0.06);
}

TEST(Package, CaptionsFromFilmAndFileAreSegmented) {
  TemporaryFolder folder;
  fs::path srt = folder / "x.srt";
  ASSERT_TRUE(write_file_durably(
      srt, view("1\n00:00:01,000 --> 00:00:06,000\n<i>Across</i>\n\n2\n00:00:59,000 --> 00:01:00,000\nToo late\n")));
  fs::path film = generate(folder, "subs.mkv",
                           "-i " + generate_plain(folder).string() + " -i " + srt.string() +
                               " -t 10 -map 0 -map 1 -c copy -c:s ass -metadata:s:s language=ger");
  auto made = package_film(film, "copy", {{"en", srt}});
  ASSERT_TRUE(made);
  const TrackBytes& file = made->track("c-en");
  auto cues = cues_of(file);
  ASSERT_EQ(cues.size(), 1U);
  EXPECT_EQ(cues[0].text, "<i>Across</i>");
  EXPECT_NE(file.facts.note.find("1 caption"), std::string::npos) << file.facts.note;
  EXPECT_NE(as_text(file.segments[0]).find("Across"), std::string_view::npos);
  EXPECT_NE(as_text(file.segments[1]).find("Across"), std::string_view::npos);
  EXPECT_EQ(as_text(file.segments[2]).find("Across"), std::string_view::npos);
  ASSERT_GE(cues_of(made->track("c-de")).size(), 1U);
  EXPECT_EQ(cues_of(made->track("c-de"))[0].text, "Across");
}

TEST(Package, ABadSidecarIsToldBeforeTheWork) {
  TemporaryFolder folder;
  fs::path film = generate_plain(folder), bad = folder / "bad.srt";
  ASSERT_TRUE(write_file_durably(bad, view("not captions")));
  auto info = probe(film);
  auto plan = make_plan(*info, {}, {{"en", bad}});
  MemorySink sink;
  std::atomic<bool> cancel = false;
  auto done = package(film, *info, *plan, {}, sink, nullptr, cancel);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().reason, "bad_captions");
  EXPECT_NE(done.error().message.find("bad.srt"), std::string::npos);
  EXPECT_TRUE(sink.tracks.empty());
}

TEST(Package, FinishedTracksAreNotMadeAgain) {
  TemporaryFolder folder;
  fs::path film = generate_plain(folder);
  auto info = probe(film);
  auto plan = make_plan(*info, {}, {});
  MemorySink sink;
  std::atomic<bool> cancel = false;
  ASSERT_TRUE(package(film, *info, *plan, {0, 1}, sink, nullptr, cancel));
  ASSERT_EQ(sink.tracks.size(), plan->tracks.size() - 2);
  EXPECT_FALSE(sink.tracks.contains(0));
}

struct FailingSink : MemorySink {
  Result<void> on_segment(std::size_t track, Slot slot, double seconds, Bytes plaintext) override {
    if (slot == 1) return fail(ErrorCode::Io, "disk_full", "The disk is full.");
    return MemorySink::on_segment(track, slot, seconds, std::move(plaintext));
  }
};

TEST(Package, TheSinksErrorStopsTheWork) {
  TemporaryFolder folder;
  fs::path film = generate_plain(folder);
  auto info = probe(film);
  for (const char* ladder : {"copy", "240", "auto"}) {
    auto plan = make_plan(*info, *LadderChoice::parse(ladder), {});
    FailingSink sink;
    std::atomic<bool> cancel = false;
    auto done = package(film, *info, *plan, {}, sink, nullptr, cancel);
    ASSERT_FALSE(done) << ladder;
    EXPECT_EQ(done.error().reason, "disk_full");
  }
}

TEST(Package, NeverReportsAStepBack) {
  const MediaInfo info;
  PackagePlan plan;
  plan.tracks.resize(1);
  MemorySink sink;
  const std::atomic<bool> cancel = false;
  PackageRun run(info, plan, sink, cancel);
  for (const std::int64_t us : {0, 160'000, 80'000, 40'000}) run.set_done(0, us);  // as B-frames are decoded
  EXPECT_EQ(run.done_us(0), 160'000);
}

TEST(Package, CanBeCancelledAndReportsProgress) {
  TemporaryFolder folder;
  fs::path film = generate_plain(folder);
  auto info = probe(film);
  auto plan = make_plan(*info, *LadderChoice::parse("360,240"), {});
  MemorySink sink;
  std::atomic<bool> cancel = false;
  double last = -1;
  auto done = package(
      film, *info, *plan, {}, sink,
      [&](const Progress& p) {
        EXPECT_GE(p.done_seconds, last);
        EXPECT_NEAR(p.total_seconds, 10, 0.1);
        last = p.done_seconds;
      },
      cancel);
  ASSERT_TRUE(done);
  EXPECT_NEAR(last, 10, 0.1);

  cancel = true;
  MemorySink nothing;
  done = package(film, *info, *plan, {}, nothing, nullptr, cancel);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().reason, "cancelled");
}

TEST(Package, RefusesASourceThatChanged) {
  TemporaryFolder folder;
  fs::path film = generate_plain(folder);
  auto info = probe(film);
  auto plan = make_plan(*info, {}, {});
  fs::resize_file(film, fs::file_size(film) - 1000);
  MemorySink sink;
  std::atomic<bool> cancel = false;
  auto done = package(film, *info, *plan, {}, sink, nullptr, cancel);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().reason, "source_changed");
}

std::string size_of(const Bytes& jpeg, const TemporaryFolder& folder) {
  EXPECT_TRUE(write_file_durably(folder / "made.jpg", jpeg));
  const auto side = [&](const char* name) {
    return std::to_string(static_cast<int>(number_from("ffprobe -v error -show_entries stream=" + std::string(name) +
                                                       " -of csv=p=0 " + quoted(folder / "made.jpg"))));
  };
  return side("width") + "x" + side("height");
}

/// A JPEG as a camera writes it: held upright (EXIF orientation 6), with a word that must not survive.
Bytes with_exif(const Bytes& jpeg) {
  Bytes exif =
      to_bytes(std::string("\xff\xe1\x00\x30"
                           "Exif\0\0"
                           "MM\0\x2a\0\0\0\x08"
                           "\0\x01"
                           "\x01\x12\0\x03\0\0\0\x01\0\x06\0\0"
                           "\0\0\0\0"
                           "51.47N,secret",
                           50));
  exif.resize(50);
  Bytes out(jpeg.begin(), jpeg.begin() + 2);
  out.insert(out.end(), exif.begin(), exif.end());
  out.insert(out.end(), jpeg.begin() + 2, jpeg.end());
  return out;
}

TEST(Poster, CanBeAPictureOfOnesOwn) {
  TemporaryFolder folder;
  for (const char* name : {"own.png", "own.jpg", "own.webp"}) {
    const auto made =
        make_poster_of_picture(generate(folder, name, "-f lavfi -i testsrc2=size=2000x1001:duration=1 -frames:v 1"));
    ASSERT_TRUE(made) << name << ": " << made.error().message;
    EXPECT_EQ(size_of(*made, folder), "1280x640") << name;
  }
  const auto camera = with_exif(read_file(folder / "own.jpg", 1 << 24).value());
  ASSERT_TRUE(write_file_durably(folder / "camera.jpg", camera));
  const auto upright = make_poster_of_picture(folder / "camera.jpg");
  ASSERT_TRUE(upright) << upright.error().message;
  EXPECT_EQ(size_of(*upright, folder), "1000x2000");
  EXPECT_NE(as_text(camera).find("secret"), std::string_view::npos);
  EXPECT_EQ(as_text(*upright).find("secret"), std::string_view::npos);
}

TEST(Poster, RefusesWhatIsNoPicture) {
  TemporaryFolder folder;
  const auto reason = [](const fs::path& file) {
    const auto made = make_poster_of_picture(file);
    return made ? "made" : made.error().reason;
  };
  ASSERT_TRUE(write_file_durably(folder / "text.jpg", view("not a picture at all, but some words")));
  EXPECT_EQ(reason(folder / "text.jpg"), "poster_unreadable");
  EXPECT_EQ(reason(generate_plain(folder)), "poster_unreadable");
  EXPECT_EQ(reason(generate(folder, "moving.gif", "-f lavfi -i testsrc2=size=64x64:duration=1")), "poster_unreadable");
  Bytes png =
      read_file(generate(folder, "own.png", "-f lavfi -i testsrc2=size=640x360:duration=1 -frames:v 1"), 1 << 24)
          .value();
  png.resize(60);
  ASSERT_TRUE(write_file_durably(folder / "cut.png", png));
  EXPECT_EQ(reason(folder / "cut.png"), "poster_unreadable");
  EXPECT_EQ(make_poster_of_picture(folder / "missing.png").error().code, ErrorCode::NotFound);
}

TEST(Poster, IsNotTheBlackBeginning) {
  TemporaryFolder folder;
  fs::path film = generate(
      folder, "dark.mp4",
      "-f lavfi -i color=black:size=640x360:rate=25:duration=8 -f lavfi -i testsrc2=size=640x360:rate=25:duration=8 "
      "-filter_complex concat=n=2 -c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 50");
  auto info = probe(film);
  ASSERT_TRUE(info);
  auto poster = make_poster(film, *info);
  ASSERT_TRUE(poster) << poster.error().message;
  ASSERT_TRUE(write_file_durably(folder / "poster.jpg", *poster));
  double luma = number_from("ffprobe -v error -f lavfi -i \"movie=" + (folder / "poster.jpg").string() +
                            ",signalstats\" -show_entries frame_tags=lavfi.signalstats.YAVG -of csv=p=0");
  EXPECT_GT(luma, 60);
  auto black = make_poster(film, *info, 1'000'000);
  ASSERT_TRUE(black);
  EXPECT_LT(black->size(), poster->size());
}

}  // namespace
}  // namespace swarma::content::media
