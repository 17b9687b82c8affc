// Blobs over HTTP.
#include <gtest/gtest.h>

#include <fstream>

#include "harness.h"

namespace swarma::test {
namespace {

constexpr const char* kOpen = R"({"paths":[{"grants":{"slots":[0,8],"ttl_s":60},"id":"open"}],"version":1})";

TEST(Blobs, UploadingAgainMendsADamagedOne) {
  const TemporaryFolder folder;
  const RunningNode node{folder.path()};
  const FakeTitle title = make_title(node.owner(), kOpen);
  ASSERT_TRUE(publish(title, node.url(), node.owner()));
  const BlobId id = title.playlist.segments.front().blob;
  const auto served = [&] {
    return crypto::blob_id_of(view(net::HttpClient().send({.url = node.url() + "/" + id.hex()})->body));
  };
  ASSERT_EQ(served(), id);

  std::fstream file(folder.path() / "blobs" / id.hex().substr(0, 2) / id.hex(), std::ios::in | std::ios::out);
  const char first = static_cast<char>(file.peek());
  file.seekp(0);
  file.put(static_cast<char>(~first));
  file.close();
  ASSERT_NE(served(), id);

  ASSERT_TRUE(publish(title, node.url(), node.owner()));
  EXPECT_EQ(served(), id);
}

}  // namespace
}  // namespace swarma::test
