#include "content/media/film.h"

#include <gtest/gtest.h>

#include "base/testing.h"

namespace swarma::content::media {
namespace {

void write(const std::filesystem::path& file, std::string_view text) {
  ASSERT_TRUE(write_file_durably(file, view(text)));
}

TEST(Film, ReadsTheBytesThatItWasOpenedWith) {
  const swarma::testing::TemporaryFolder folder;
  write(folder / "film.mp4", "the first film");
  const auto film = Film::open(folder / "film.mp4");
  ASSERT_TRUE(film) << film.error().message;
  write(folder / "film.mp4", "another film under its name");  // a new file: what is open stays
  EXPECT_EQ(as_text(*film->read(4, 5)), "first");
  EXPECT_EQ(as_text(*film->read(10, 100)), "film");
  EXPECT_EQ(film->bytes(), 14u);
  EXPECT_TRUE(film->is_unchanged());
}

TEST(Film, KnowsWhetherItWasChanged) {
  const swarma::testing::TemporaryFolder folder;
  write(folder / "film.mp4", "the first film");
  const auto film = *Film::open(folder / "film.mp4");
  const Film copy = film;
  std::filesystem::resize_file(folder / "film.mp4", 5);
  EXPECT_FALSE(film.is_unchanged());
  EXPECT_FALSE(copy.is_unchanged());
  std::filesystem::resize_file(folder / "film.mp4", 14);
  std::filesystem::last_write_time(folder / "film.mp4",
                                   std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
  EXPECT_FALSE(film.is_unchanged()) << "its time tells";
}

TEST(Film, IsAnOrdinaryFile) {
  const swarma::testing::TemporaryFolder folder;
  write(folder / "empty.mp4", "");
  EXPECT_EQ(Film::open(folder.path()).error().reason, "not_media");
  EXPECT_EQ(Film::open(folder / "empty.mp4").error().reason, "not_media");
  EXPECT_EQ(Film::open("/dev/null").error().reason, "not_media");
  EXPECT_EQ(Film::open(folder / "missing.mp4").error().code, ErrorCode::NotFound);
}

}  // namespace
}  // namespace swarma::content::media
