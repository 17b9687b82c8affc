#include "content/watch/loopback_hls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "content/publish/title_testing.h"
#include "content/watch/segment_cache.h"

namespace swarma::content::watch {
namespace {

using publish::testing::TemporaryFolder;
using publish::testing::TestTitle;
using ::testing::HasSubstr;
using ::testing::Not;

class MapSource final : public Source {
 public:
  explicit MapSource(const TestTitle& title) : title_(title) {}
  Result<Bytes> fetch(const BlobId& id, std::string_view, unsigned) override {
    ++fetches;
    return title_.blobs.blobs.at(id);
  }
  std::atomic<int> fetches{0};

 private:
  const TestTitle& title_;
};

/// A viewer with keys for `sd` [0, granted) and a player asking over HTTP.
struct Player {
  explicit Player(Slot granted = 6, LoopbackOptions options = {}) {
    for (const auto& node : title.grant("sd", {0, granted})) EXPECT_TRUE(keys.add("sd", node));
    auto made = LoopbackHls::create(reader, options);
    EXPECT_TRUE(made) << made.error().message;
    hls = *std::move(made);
    server = std::thread([this] { hls->run(); });
  }
  ~Player() {
    hls->stop();
    server.join();
  }
  std::pair<int, std::string> get(const std::string& url) {
    const auto answer = http.send({.method = "GET", .url = url, .headers = {}, .body = {}});
    return answer ? std::pair(answer->status, answer->body) : std::pair(0, answer.error().message);
  }
  std::string base() const { return hls->url().substr(0, hls->url().rfind('/') + 1); }

  TestTitle title;
  TemporaryFolder home;
  MapSource source{title};
  SeenRevisions seen{home / "seen"};
  TitleView view = *open_title(title.jws, title::verify_record(title.jws)->id, source, seen);
  ViewerKeys keys{view.record.slots};
  SegmentReader reader{view, source, keys};
  net::HttpClient http;
  std::unique_ptr<LoopbackHls> hls;
  std::thread server;
};

TEST(LoopbackHls, ServesPlainSegmentsUnderReadableNames) {
  Player player;
  const auto [status, film] = player.get(player.hls->url());
  ASSERT_EQ(status, 200) << film;
  EXPECT_THAT(film, HasSubstr("\nvideo-360p/track.m3u8\n"));
  EXPECT_THAT(film, HasSubstr("URI=\"audio-english/track.m3u8\""));
  EXPECT_THAT(film, HasSubstr("URI=\"captions-deutsch/track.m3u8\""));
  EXPECT_THAT(film, Not(HasSubstr("720p")));  // no keys for it
  const auto [list_status, list] = player.get(player.base() + "video-360p/track.m3u8");
  ASSERT_EQ(list_status, 200);
  EXPECT_THAT(list, HasSubstr("#EXT-X-MAP:URI=\"init.mp4\""));
  EXPECT_THAT(list, HasSubstr("\n5.m4s\n#EXT-X-ENDLIST"));
  EXPECT_EQ(player.get(player.base() + "video-360p/init.mp4").second, "v360 init");
  EXPECT_EQ(player.get(player.base() + "video-360p/0.m4s").second, "v360:0");
  EXPECT_EQ(player.get(player.base() + "audio-deutsch/5.m4s").second, "a2-de:5");
  EXPECT_EQ(player.get(player.base() + "captions-deutsch/1.vtt").second, "c-de:1");
  EXPECT_EQ(player.hls->last_refusal(), "");
}

TEST(LoopbackHls, IsForThoseWhoKnowItsPath) {
  Player player;
  EXPECT_THAT(player.hls->url(), HasSubstr("http://127.0.0.1:"));
  const std::string root = player.base().substr(0, player.base().rfind('/', player.base().size() - 2) + 1);
  EXPECT_EQ(player.get(root + "film.m3u8").first, 404);
  EXPECT_EQ(player.get(root + std::string(32, '0') + "/film.m3u8").first, 404);
  Player other;
  EXPECT_NE(player.base().substr(root.size()), other.base().substr(other.base().size() - 33));
}

TEST(LoopbackHls, RefusesWhatDoesNotExist) {
  Player player;
  for (const char* path :
       {"video-360p/6.m4s", "video-360p/-1.m4s", "video-360p/0.vtt", "video-360p/0", "video-360p/99999999999.m4s",
        "video-720p/0.m4s", "captions-deutsch/init.mp4", "video-360p/x.m4s"})
    EXPECT_EQ(player.get(player.base() + path).first, 404) << path;
}

TEST(LoopbackHls, SaysWhereTheUnlockEnds) {
  Player player(3);
  EXPECT_EQ(player.get(player.base() + "video-360p/2.m4s").first, 200);
  const auto [status, text] = player.get(player.base() + "video-360p/3.m4s");
  EXPECT_EQ(status, 403);
  EXPECT_THAT(text, HasSubstr("Your unlock does not open slot 3"));
  EXPECT_THAT(player.hls->last_refusal(), HasSubstr("slot 3"));
}

TEST(LoopbackHls, ListsOnlyWhatTheUnlockCanOpenWhenThatIsKnown) {
  Player player(3, {.quality = {}, .range = {0, 3}});
  const auto list = player.get(player.base() + "video-360p/track.m3u8").second;
  EXPECT_THAT(list, HasSubstr("\n2.m4s\n#EXT-X-ENDLIST"));
  EXPECT_EQ(player.get(player.base() + "video-360p/3.m4s").first, 404);
}

TEST(LoopbackHls, NeedsAKey) {
  TestTitle title;
  const TemporaryFolder home;
  MapSource source(title);
  SeenRevisions seen(home / "seen");
  const TitleView view = *open_title(title.jws, title::verify_record(title.jws)->id, source, seen);
  ViewerKeys keys(view.record.slots);
  SegmentReader reader(view, source, keys);
  const auto hls = LoopbackHls::create(reader, {});
  EXPECT_EQ(hls.error().reason, "slot_not_granted");
}

TEST(SegmentCache, MakesASegmentOnceAndForgetsTheOldest) {
  Player player;
  player.source.fetches = 0;
  SegmentCache cache(player.reader, 13);  // two segments of six bytes
  for (Slot slot : {0u, 0u, 1u, 0u}) ASSERT_TRUE(cache.get(1, slot));
  EXPECT_EQ(player.source.fetches, 2);
  ASSERT_TRUE(cache.get(1, 2));  // pushes slot 1 out
  ASSERT_TRUE(cache.get(1, 0));
  EXPECT_EQ(player.source.fetches, 3);
  ASSERT_TRUE(cache.get(1, 1));
  EXPECT_EQ(player.source.fetches, 4);
}

}  // namespace
}  // namespace swarma::content::watch
