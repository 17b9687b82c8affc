#include "base/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace swarma {
namespace {

struct File : ::testing::Test {
  File() {
    std::string name = (std::filesystem::temp_directory_path() / "swarma-test-XXXXXX").string();
    folder = ::mkdtemp(name.data());
  }
  ~File() override { std::filesystem::remove_all(folder); }

  unsigned mode_of(const std::filesystem::path& path) const {
    struct stat info{};
    EXPECT_EQ(::stat(path.c_str(), &info), 0);
    return info.st_mode & 0777;
  }
  std::size_t count() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
  }
  std::filesystem::path folder;
};

TEST_F(File, IsReplacedAsAWhole) {
  const auto path = folder / "config";
  ASSERT_TRUE(write_file_durably(path, view("first")));
  ASSERT_TRUE(write_file_durably(path, view("second"), 0600));
  EXPECT_EQ(as_text(read_file(path, 100).value()), "second");
  EXPECT_EQ(mode_of(path), 0600u);
  EXPECT_EQ(count(), 1u) << "no temporary file stays";
}

TEST_F(File, NeverWaitsForWhatIsNotAnOrdinaryFile) {
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  for (const std::filesystem::path& path : {folder / "pipe", folder, std::filesystem::path("/dev/zero")}) {
    const auto bytes = read_file(path, 100);
    ASSERT_FALSE(bytes) << path;
    EXPECT_EQ(bytes.error().reason, "not_a_file") << path;
  }
}

TEST_F(File, ReadsUpToItsLimit) {
  const auto path = folder / "blob";
  for (std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{64 * 1024}, std::size_t{64 * 1024 + 1}, std::size_t{300'000}}) {
    const Bytes bytes(size, 7);
    ASSERT_TRUE(write_file_durably(path, bytes));
    EXPECT_EQ(read_file(path, size).value(), bytes);
    if (size > 0) EXPECT_EQ(read_file(path, size - 1).error().code, ErrorCode::TooLarge);
  }
}

TEST_F(File, SaysWhatIsMissing) {
  const auto missing = read_file(folder / "nothing", 10);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::NotFound);
  EXPECT_NE(missing.error().message.find("nothing"), std::string::npos);
  EXPECT_EQ(read_file(folder, 10).error().code, ErrorCode::Io);
}

TEST_F(File, AFailedWriteLeavesTheOldContentAndNoRest) {
  const auto path = folder / "folder";
  ASSERT_TRUE(std::filesystem::create_directories(path / "inside"));
  EXPECT_FALSE(write_file_durably(path, view("x"))) << "a file cannot replace a folder";
  EXPECT_TRUE(std::filesystem::exists(path / "inside"));
  EXPECT_EQ(count(), 1u);
  EXPECT_FALSE(write_file_durably(folder / "no" / "such" / "file", view("x")));
}

TEST_F(File, PrivateFoldersAreForTheOwnerOnly) {
  const auto path = folder / "a" / "b";
  ASSERT_TRUE(ensure_private_folder(path));
  EXPECT_EQ(mode_of(path), 0700u);
  EXPECT_TRUE(ensure_private_folder(path)) << "it may be there already";
}

TEST_F(File, AFileInThePlaceOfAPrivateFolderIsAnError) {
  const auto path = folder / "file";
  ASSERT_TRUE(write_file_durably(path, view("x")));
  EXPECT_FALSE(ensure_private_folder(path));
}

TEST_F(File, ADescriptorClosesOnce) {
  int number = -1;
  {
    Fd first(::open(folder.c_str(), O_RDONLY | O_DIRECTORY));
    number = first.get();
    Fd second = std::move(first);
    EXPECT_FALSE(first);
    EXPECT_EQ(second.get(), number);
    EXPECT_NE(::fcntl(number, F_GETFD), -1);
  }
  EXPECT_EQ(::fcntl(number, F_GETFD), -1);
}

}  // namespace
}  // namespace swarma
