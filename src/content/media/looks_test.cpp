// What a viewer sees of awkward pictures: mirrored, turned, in unusual colours, HDR, interlaced. ffmpeg is the judge.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "base/file.h"
#include "content/media/package_testing.h"

namespace swarma::content::media {
namespace {

namespace fs = std::filesystem;
using namespace testing;  // NOLINT: test vocabulary

using Rgb = std::array<int, 3>;
constexpr Rgb kRed{255, 0, 0}, kLime{0, 255, 0}, kBlue{0, 0, 255}, kWhite{255, 255, 255};

/// Top left, top right, bottom left, bottom right.
using Corners = std::array<Rgb, 4>;

/// The colours in the middle of the four quarters, as the file's tags say they are meant.
Corners corners_of(const fs::path& file) {
  const std::string raw = run("ffmpeg -v error -i " + quoted(file) +
                              " -frames:v 1 -vf 'scale=400:400:flags=bicubic+accurate_rnd+full_chroma_int:"
                              "in_color_matrix=auto,format=rgb24' -f rawvideo -");
  Corners out{};
  if (raw.size() != std::size_t{400} * 400 * 3) {
    ADD_FAILURE() << file << " gives " << raw.size() << " bytes";
    return out;
  }
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t c = 0; c < 3; ++c)
      out[i][c] = static_cast<unsigned char>(raw[((i / 2 * 200 + 100) * 400 + i % 2 * 200 + 100) * 3 + c]);
  return out;
}

bool near(const Corners& seen, const Corners& wanted, int tolerance) {
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t c = 0; c < 3; ++c)
      if (std::abs(seen[i][c] - wanted[i][c]) > tolerance) return false;
  return true;
}

constexpr Corners kQuarters{kRed, kLime, kBlue, kWhite};

/// ffmpeg's input: red, lime / blue, white.
std::string quarters(const std::string& size, const std::string& format, int seconds = 3) {
  const auto c = [&](const char* colour) {
    return std::string("color=") + colour + ":s=" + size + ":r=25:d=" + std::to_string(seconds);
  };
  return "-f lavfi -i '" + c("red") + "[a];" + c("lime") + "[b];" + c("blue") + "[c];" + c("white") +
         "[d];[a][b]hstack[t];[c][d]hstack[u];[t][u]vstack,format=gbrp," + format + "' ";
}

struct Shown {
  std::unique_ptr<Packaged> made;
  std::vector<fs::path> renditions;  // as `swarma watch --output` writes them
  fs::path poster, tile;
};

/// Packages the film and writes everything that can be looked at.
Shown show(const fs::path& film, const TemporaryFolder& folder, const std::string& ladder) {
  Shown out;
  out.made = package_film(film, ladder);
  if (!out.made) return out;
  const auto save = [&](const std::string& name, const Bytes& bytes) {
    EXPECT_TRUE(write_file_durably(folder / name, bytes));
    return folder / name;
  };
  for (std::size_t i = 0; i < out.made->plan.tracks.size(); ++i) {
    const TrackPlan& track = out.made->plan.tracks[i];
    const TrackBytes& bytes = out.made->sink.tracks[i];
    if (track.kind == title::TrackKind::Storyboard) out.tile = save("tile.jpg", bytes.segments.front());
    if (track.kind != title::TrackKind::Video) continue;
    Bytes whole = bytes.init;
    for (const Bytes& segment : bytes.segments) whole.insert(whole.end(), segment.begin(), segment.end());
    out.renditions.push_back(save(track.key + ".mp4", whole));
  }
  const auto poster = make_poster(film, out.made->info);
  EXPECT_TRUE(poster) << (poster ? "" : poster.error().message);
  if (poster) out.poster = save("poster.jpg", *poster);
  return out;
}

void expect_everywhere(const Shown& shown, const Corners& wanted, int tolerance = 3) {
  ASSERT_TRUE(shown.made);
  ASSERT_FALSE(shown.renditions.empty());
  for (const fs::path& file : shown.renditions)
    EXPECT_TRUE(near(corners_of(file), wanted, tolerance)) << file << ::testing::PrintToString(corners_of(file));
  for (const fs::path& file : {shown.poster, shown.tile})  // JPEG is less exact
    EXPECT_TRUE(near(corners_of(file), wanted, tolerance + 5)) << file << ::testing::PrintToString(corners_of(file));
}

std::string colour_tags(const fs::path& file) {
  std::string text = run(
      "ffprobe -v error -select_streams v -show_entries stream=color_range,color_space,color_transfer,color_primaries "
      "-of csv=p=0 " +
      quoted(file));
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

void expect_tags(const Shown& shown, const std::string& wanted) {
  for (const fs::path& file : shown.renditions) EXPECT_EQ(colour_tags(file), wanted) << file;
}

fs::path given(const std::string& name) {
  return fs::path(SWARMA_SOURCE_DIR) / "tests/cases/media" / name;
}

// ---- mirrored and turned

/// a, b, c, d of a display matrix: (x, y) is shown at (a x + c y, b x + d y).
using Matrix = std::array<int, 4>;
class Orientations : public ::testing::TestWithParam<Matrix> {};

fs::path with_matrix(const fs::path& film, const fs::path& to, const Matrix& m) {
  Bytes bytes = read_file(film, 1 << 24).value();
  const std::string_view name = "tkhd";
  const auto at = std::search(bytes.begin(), bytes.end(), name.begin(), name.end()) - bytes.begin() + 44;
  const std::int32_t one = 65536;
  const std::array<std::int32_t, 9> matrix = {m[0] * one, m[1] * one, 0, m[2] * one, m[3] * one, 0, 0, 0, 1 << 30};
  for (std::size_t i = 0; i < matrix.size(); ++i)
    for (std::size_t b = 0; b < 4; ++b)
      bytes[static_cast<std::size_t>(at) + i * 4 + b] =
          static_cast<std::uint8_t>(static_cast<std::uint32_t>(matrix[i]) >> (24 - 8 * b));
  EXPECT_TRUE(write_file_durably(to, bytes));
  return to;
}

/// Where each quarter goes, from the matrix alone.
Corners moved(const Matrix& m) {
  Corners out{};
  for (int i = 0; i < 4; ++i) {
    const int x = i % 2 * 2 - 1, y = i / 2 * 2 - 1;
    const int to_x = m[0] * x + m[2] * y, to_y = m[1] * x + m[3] * y;
    out[static_cast<std::size_t>((to_y + 1) / 2 * 2 + (to_x + 1) / 2)] = kQuarters[static_cast<std::size_t>(i)];
  }
  return out;
}

TEST_P(Orientations, AreShownAsTheSourceAsks) {
  const TemporaryFolder folder;
  const fs::path plain = generate(folder, "plain.mp4",
                                  quarters("160x100", "scale=out_color_matrix=bt709,format=yuv420p") +
                                      "-c:v libx264 -preset ultrafast -crf 8 -colorspace bt709 -color_primaries bt709 "
                                      "-color_trc bt709");
  const Matrix matrix = GetParam();
  const Shown shown = show(with_matrix(plain, folder / "film.mp4", matrix), folder, "auto");
  expect_everywhere(shown, moved(matrix), 12);  // the source itself is 4:2:0 and compressed
  const bool turned = matrix[0] == 0, asks = matrix != Matrix{1, 0, 0, 1};
  EXPECT_EQ(shown.made->info.video.width, turned ? 200 : 320);
  EXPECT_EQ(shown.made->info.video.can_copy, !asks) << shown.made->info.video.why_not_copy;
}

INSTANTIATE_TEST_SUITE_P(All, Orientations,
                         ::testing::Values(Matrix{1, 0, 0, 1}, Matrix{0, 1, -1, 0}, Matrix{-1, 0, 0, -1},
                                           Matrix{0, -1, 1, 0}, Matrix{-1, 0, 0, 1}, Matrix{1, 0, 0, -1},
                                           Matrix{0, 1, 1, 0}, Matrix{0, -1, -1, 0}));

TEST(Looks, AFrontCamerasFilmIsMirroredBack) {
  const TemporaryFolder folder;
  expect_everywhere(show(given("mirrored-left-right.mp4"), folder, "auto"), {kLime, kRed, kWhite, kBlue}, 40);
}

TEST(Looks, ATransposedFilmStandsUpright) {
  const TemporaryFolder folder;
  const Shown shown = show(given("mirrored-transposed.mp4"), folder, "auto");
  expect_everywhere(shown, {kRed, kBlue, kLime, kWhite}, 40);
  EXPECT_EQ(shown.made->info.video.width, 180);
  EXPECT_EQ(shown.made->info.video.height, 320);
}

TEST(Looks, AMirroredPosterOfOnesOwnIsMirroredBack) {
  const TemporaryFolder folder;
  Bytes jpeg =
      read_file(generate(folder, "own.jpg", quarters("160x100", "format=yuvj444p", 1) + "-frames:v 1 -q:v 2"), 1 << 20)
          .value();
  std::string exif(
      "\xff\xe1\0\x22"
      "Exif\0\0"
      "MM\0\x2a\0\0\0\x08"
      "\0\x01"
      "\x01\x12\0\x03\0\0\0\x01\0\x02\0\0"
      "\0\0\0\0",
      36);
  jpeg.insert(jpeg.begin() + 2, exif.begin(), exif.end());
  ASSERT_TRUE(write_file_durably(folder / "mirrored.jpg", jpeg));
  const auto poster = make_poster_of_picture(folder / "mirrored.jpg");
  ASSERT_TRUE(poster) << poster.error().message;
  ASSERT_TRUE(write_file_durably(folder / "poster.jpg", *poster));
  EXPECT_TRUE(near(corners_of(folder / "poster.jpg"), {kLime, kRed, kWhite, kBlue}, 8));
}

// ---- colours

constexpr const char *kHd = "tv,bt709,bt709,bt709", *kHdFull = "pc,bt709,bt709,bt709";

TEST(Looks, AnRgbFilmKeepsItsColoursInEveryRendition) {
  const TemporaryFolder folder;
  const Shown shown = show(given("rgb-720p.mp4"), folder, "auto");
  expect_everywhere(shown, kQuarters);
  expect_tags(shown, kHdFull);
  EXPECT_EQ(shown.renditions.size(), 3U);
}

struct ColourCase {
  const char* name;
  const char* size;  // of a quarter
  const char* filters;
  const char* encoder;
  const char* tags;  // of the renditions
  int tolerance = 4;
};
void PrintTo(const ColourCase& c, std::ostream* out) {
  *out << c.name;
}
class ColourCases : public ::testing::TestWithParam<ColourCase> {};

TEST_P(ColourCases, AreConvertedAndTagged) {
  const ColourCase& c = GetParam();
  const TemporaryFolder folder;
  const fs::path film = generate(folder, "film.mkv", quarters(c.size, c.filters) + c.encoder);
  const Shown shown = show(film, folder, "288,200");
  expect_everywhere(shown, kQuarters, c.tolerance);
  expect_tags(shown, c.tags);
}

constexpr const char* kX264 = "-c:v libx264 -preset ultrafast -crf 4";
INSTANTIATE_TEST_SUITE_P(
    Kinds, ColourCases,
    ::testing::Values(
        ColourCase{"untagged HD", "640x360", "scale=out_color_matrix=bt709,format=yuv444p", kX264, kHd},
        ColourCase{"untagged SD", "320x180", "scale=out_color_matrix=bt601,format=yuv444p", kX264,
                   "tv,smpte170m,smpte170m,smpte170m"},
        ColourCase{"untagged PAL", "360x288", "scale=out_color_matrix=bt601,format=yuv444p", kX264,
                   "tv,bt470bg,smpte170m,bt470bg"},
        ColourCase{"small RGB", "320x180", "format=bgr24", "-c:v libx264rgb -preset ultrafast -crf 4", kHdFull},
        ColourCase{"palette", "320x180", "format=bgr24", "-c:v png", kHdFull},
        ColourCase{"full range HD", "640x360", "scale=out_color_matrix=bt709:out_range=full,format=yuvj444p",
                   "-c:v libx264 -preset ultrafast -crf 4 -color_range pc", kHd},
        ColourCase{"only the matrix is tagged", "320x180", "scale=out_color_matrix=bt709,format=yuv444p",
                   "-c:v libx264 -preset ultrafast -crf 4 -colorspace bt709", kHd},
        ColourCase{"BT.2020 without HDR", "320x180",
                   "setparams=range=pc:color_primaries=bt709:color_trc=iec61966-2-1:colorspace=gbr,"
                   "zscale=p=2020:t=2020_10:m=2020_ncl:r=limited,format=yuv444p10le",
                   "-c:v libx265 -preset ultrafast -x265-params log-level=none:crf=2 -colorspace bt2020nc "
                   "-color_primaries bt2020 -color_trc bt2020-10",
                   kHd, 9}));

// ---- HDR

std::string hdr(const std::string& transfer, const std::string& trc) {
  return quarters("320x180",
                  "setparams=range=pc:color_primaries=bt709:color_trc=iec61966-2-1:colorspace=gbr,"
                  "zscale=t=linear:npl=203,format=gbrpf32le,zscale=p=2020:t=" +
                      transfer + ":npl=203:m=2020_ncl:r=limited,format=yuv420p10le") +
         "-c:v libx265 -preset ultrafast -tag:v hvc1 -x265-params log-level=none:crf=4 -colorspace bt2020nc "
         "-color_primaries bt2020 -color_trc " +
         trc;
}

void expect_tone_mapped(const Shown& shown, const char* kind) {
  ASSERT_TRUE(shown.made);
  expect_tags(shown, kHd);
  ASSERT_EQ(shown.made->info.notes.size(), 1U);
  EXPECT_NE(shown.made->info.notes[0].find(kind), std::string::npos) << shown.made->info.notes[0];
  for (const fs::path& file : {shown.renditions.front(), shown.poster, shown.tile}) {
    const Corners seen = corners_of(file);
    EXPECT_TRUE(seen[0][0] > 150 && seen[0][1] < 90 && seen[0][2] < 90) << file << ::testing::PrintToString(seen);
    EXPECT_TRUE(seen[1][1] > 150 && seen[1][0] < 110 && seen[1][2] < 90) << file << ::testing::PrintToString(seen);
    EXPECT_TRUE(seen[3][0] > 170 && std::abs(seen[3][0] - seen[3][1]) < 8 && std::abs(seen[3][0] - seen[3][2]) < 8)
        << file << ::testing::PrintToString(seen);
  }
}

TEST(Looks, PqIsToneMappedAndSaid) {
  const TemporaryFolder folder;
  expect_tone_mapped(show(generate(folder, "pq.mp4", hdr("smpte2084", "smpte2084")), folder, "auto"), "PQ");
}

TEST(Looks, HlgIsToneMappedAndSaid) {
  const TemporaryFolder folder;
  expect_tone_mapped(show(generate(folder, "hlg.mkv", hdr("arib-std-b67", "arib-std-b67")), folder, "auto"), "HLG");
}

TEST(Looks, HdrInEightBitH264IsNotCopied) {
  const TemporaryFolder folder;
  const auto info = probe(generate(folder, "hlg.mp4",
                                   "-f lavfi -i testsrc2=s=320x180:d=2 -pix_fmt yuv420p -c:v libx264 "
                                   "-preset ultrafast -colorspace bt2020nc -color_primaries bt2020 "
                                   "-color_trc arib-std-b67"));
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_FALSE(info->video.can_copy);
  EXPECT_NE(info->video.why_not_copy.find("HLG"), std::string::npos) << info->video.why_not_copy;
}

std::uint32_t read_size(const Bytes& bytes, std::size_t at) {
  return static_cast<std::uint32_t>(bytes[at]) << 24 | static_cast<std::uint32_t>(bytes[at + 1]) << 16 |
         static_cast<std::uint32_t>(bytes[at + 2]) << 8 | bytes[at + 3];
}

/// Adds a Dolby Vision configuration to the sample entry of an MP4 whose moov box is last.
fs::path with_dolby_vision(const fs::path& film, const fs::path& to, unsigned profile, unsigned compatibility) {
  Bytes bytes = read_file(film, 1 << 24).value();
  std::vector<std::size_t> parents;
  std::size_t at = 0, end = bytes.size();
  for (const std::string_view name : {"moov", "trak", "mdia", "minf", "stbl", "stsd", "hvc1"}) {
    while (at < end && as_text(ByteView(bytes).subspan(at + 4, 4)) != name) at += read_size(bytes, at);
    parents.push_back(at);
    end = at + read_size(bytes, at);
    at += name == "stsd" ? 16 : 8;
  }
  Bytes box(32, 0);
  box[3] = 32;
  std::memcpy(box.data() + 4, profile >= 8 ? "dvvC" : "dvcC", 4);
  box[8] = 1;
  const unsigned level = 3;
  box[10] = static_cast<std::uint8_t>(profile << 1 | level >> 5);
  box[11] = static_cast<std::uint8_t>((level & 31) << 3 | 5);  // RPU and base layer present
  box[12] = static_cast<std::uint8_t>(compatibility << 4);
  bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(end), box.begin(), box.end());
  for (const std::size_t parent : parents) {
    const std::uint32_t size = read_size(bytes, parent) + 32;
    for (unsigned b = 0; b < 4; ++b) bytes[parent + b] = static_cast<std::uint8_t>(size >> (24 - 8 * b));
  }
  EXPECT_TRUE(write_file_durably(to, bytes));
  return to;
}

TEST(Looks, DolbyVisionWithoutAReadablePictureIsRefusedInWords) {
  const TemporaryFolder folder;
  const fs::path pq = generate(folder, "pq.mp4", hdr("smpte2084", "smpte2084"));
  const auto five = probe(with_dolby_vision(pq, folder / "five.mp4", 5, 0));
  ASSERT_FALSE(five);
  EXPECT_EQ(five.error().reason, "dolby_vision");
  EXPECT_NE(five.error().message.find("profile 5"), std::string::npos) << five.error().message;
  const auto eight = probe(with_dolby_vision(pq, folder / "eight.mp4", 8, 1));
  ASSERT_TRUE(eight) << eight.error().message;
  EXPECT_EQ(eight->video.dynamic_range, DynamicRange::Pq);
  const auto matroska =
      probe(generate(folder, "five.mkv", "-strict -2 -i " + quoted(folder / "five.mp4") + " -c copy"));
  ASSERT_FALSE(matroska);
  EXPECT_EQ(matroska.error().reason, "dolby_vision");
}

// ---- interlaced

/// How much neighbouring lines differ, compared with lines two apart, 0.1 s into the film: near 1 and above is combed.
double comb(const fs::path& file) {
  const std::string raw = run("ffmpeg -v error " + std::string(file.extension() == ".jpg" ? "" : "-ss 0.1 ") + "-i " +
                              quoted(file) + " -frames:v 1 -vf scale=352:288:flags=neighbor,format=gray -f rawvideo -");
  const auto difference = [&](std::size_t apart) {
    double sum = 0;
    for (std::size_t y = 0; y + apart < 288; ++y)
      for (std::size_t x = 0; x < 352; ++x)
        sum += std::abs(static_cast<unsigned char>(raw[y * 352 + x]) -
                        static_cast<unsigned char>(raw[(y + apart) * 352 + x]));
    return sum / static_cast<double>(288 - apart);
  };
  EXPECT_EQ(raw.size(), std::size_t{352} * 288);
  return raw.size() < std::size_t{352} * 288 ? 0 : difference(1) / difference(2);
}

struct Laced {
  const char* name;
  const char* file;
  const char* first;  // field
  const char* encoder;
};
void PrintTo(const Laced& c, std::ostream* out) {
  *out << c.name;
}
class Interlaced : public ::testing::TestWithParam<Laced> {};

TEST_P(Interlaced, MaterialBecomesWholePictures) {
  const Laced& c = GetParam();
  const TemporaryFolder folder;
  const fs::path film =
      generate(folder, c.file,
               std::string("-f lavfi -i testsrc2=s=352x288:r=50:d=2,format=yuv420p,tinterlace=mode=") + c.first + " " +
                   c.encoder);
  EXPECT_GT(comb(film), 0.75);
  const Shown shown = show(film, folder, "auto");
  ASSERT_TRUE(shown.made);
  EXPECT_TRUE(shown.made->info.video.interlaced);
  EXPECT_FALSE(shown.made->info.video.can_copy);
  ASSERT_EQ(shown.made->info.notes.size(), 1U);
  EXPECT_NE(shown.made->info.notes[0].find("interlaced"), std::string::npos);
  EXPECT_LE(comb(shown.renditions.front()), 0.65) << "source: " << comb(film);
  if (shown.made->info.video.field_order == FieldOrder::AsMarked) EXPECT_LE(comb(shown.poster), 0.7);
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, Interlaced,
    ::testing::Values(
        Laced{"MPEG-4 in AVI", "a.avi", "interleave_top", "-c:v mpeg4 -flags +ilme+ildct -top 1 -q:v 6"},
        Laced{"MPEG-4 bottom first", "b.mkv", "interleave_bottom", "-c:v mpeg4 -flags +ilme+ildct -top 0 -q:v 6"},
        Laced{"MBAFF in Matroska", "c.mkv", "interleave_top",
              "-c:v libx264 -preset veryfast -flags +ilme+ildct -x264-params tff=1 -field_order progressive"},
        Laced{"H.264 in MP4", "d.mp4", "interleave_bottom",
              "-c:v libx264 -preset veryfast -flags +ilme+ildct -x264-params bff=1"},
        Laced{"unmarked pictures, marked stream", "e.mkv", "interleave_bottom",
              "-c:v huffyuv -pix_fmt yuv422p -field_order bb"}));

TEST(Looks, DvIsDeinterlaced) {
  const TemporaryFolder folder;
  const fs::path film = generate(folder, "camera.dv",
                                 "-f lavfi -i testsrc2=s=720x576:r=50:d=2,format=yuv420p,tinterlace="
                                 "mode=interleave_bottom -f lavfi -i anullsrc=r=48000:cl=stereo "
                                 "-t 1 -c:v dvvideo -c:a pcm_s16le");
  const auto info = probe(film);
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_TRUE(info->video.interlaced);
}

TEST(Looks, AProgressiveFilmStaysAsItIs) {
  const TemporaryFolder folder;
  const auto info = probe(generate_plain(folder));
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_FALSE(info->video.interlaced);
  EXPECT_TRUE(info->video.can_copy) << info->video.why_not_copy;
}

}  // namespace
}  // namespace swarma::content::media
