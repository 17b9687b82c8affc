#include "title/title_details.h"

#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>

namespace swarma::title {
namespace {

BlobId blob(std::uint8_t fill) {
  BlobId::Digest digest;
  digest.fill(fill);
  return BlobId(digest);
}

TitleDetails example() {
  TitleDetails details;
  details.tracks.push_back({.id = "v720-3f9a1c02",
                            .kind = TrackKind::Video,
                            .key_group = "hd",
                            .playlist = blob(1),
                            .name = "720p",
                            .language = "und",
                            .codecs = "avc1.64001f",
                            .width = 1280,
                            .height = 720,
                            .frame_rate = 23.976,
                            .bandwidth = 3'000'000,
                            .average_bandwidth = 2'000'000,
                            .copied = true,
                            .bytes = 1234});
  details.tracks.push_back({.id = "c-de-00",
                            .kind = TrackKind::Captions,
                            .key_group = "sd",
                            .playlist = blob(2),
                            .name = "Deutsch",
                            .language = "de",
                            .codecs = {}});
  details.texts = {{"de", {"Großer Hase", "Ein Hase."}}};
  details.chapters = {{0, "Opening"}, {3'000, "The rest"}};
  details.notes = {"The bitmap subtitles (eng) cannot be kept as text."};
  return details;
}

std::string reason_of(const std::function<void(Json&)>& change) {
  Json json = *parse_json(*write_details(example()));
  change(json);
  const auto details = parse_details(json.dump());
  return details ? "accepted" : details.error().reason;
}

TEST(TitleDetails, RoundTrip) {
  const std::string text = *write_details(example());
  const auto details = parse_details(text);
  ASSERT_TRUE(details) << details.error().message;
  ASSERT_EQ(details->tracks.size(), 2u);
  EXPECT_EQ(details->tracks[0].codecs, "avc1.64001f");
  EXPECT_EQ(details->tracks[0].frame_rate, 23.976);
  EXPECT_TRUE(details->tracks[0].copied);
  EXPECT_EQ(details->tracks[1].kind, TrackKind::Captions);
  EXPECT_EQ(details->texts.at("de").name, "Großer Hase");
  EXPECT_EQ(details->notes.size(), 1u);
  ASSERT_EQ(details->chapters.size(), 2u);
  EXPECT_EQ(details->chapters[1].start_ms, 3'000);
  EXPECT_EQ(details->chapters[1].name, "The rest");
  EXPECT_EQ(*write_details(*details), text);
}

TEST(TitleDetails, RefusesWhatIsOutOfBounds) {
  const std::pair<const char*, Json> bad_members[] = {{"id", "V720"},
                                                      {"id", ""},
                                                      {"id", std::string(65, 'a')},
                                                      {"kind", "hologram"},
                                                      {"playlist", "xyz"},
                                                      {"key_group", "../"},
                                                      {"name", "a\"\r\nb"},
                                                      {"language", "english language"},
                                                      {"codecs", "avc1\n#EXT-X-KEY"},
                                                      {"width", -1},
                                                      {"height", 100'000},
                                                      {"frame_rate", -1},
                                                      {"channels", 1'000},
                                                      {"bandwidth", -5},
                                                      {"bytes", -1},
                                                      {"copied", "yes"}};
  for (const auto& [name, value] : bad_members)
    EXPECT_EQ(reason_of([&](Json& json) { json["tracks"][0][name] = value; }), "details_bad") << name << value.dump();
  EXPECT_EQ(reason_of([](Json& json) { json["tracks"][1]["id"] = json["tracks"][0]["id"]; }), "details_bad");
  EXPECT_EQ(reason_of([](Json& json) { json["notes"] = Json::array({1}); }), "details_bad");
  EXPECT_EQ(reason_of([](Json& json) { json["texts"]["x y"] = json["texts"]["de"]; }), "details_bad");
  EXPECT_EQ(reason_of([](Json& json) {
              json["tracks"] = Json::array();
              for (int i = 0; i < 513; ++i) json["tracks"].push_back(i);
            }),
            "details_bad");
  EXPECT_EQ(reason_of([](Json& json) { json["later"] = true; }), "accepted");
}

TEST(TitleDetails, ChaptersAreInOrderAndPlainText) {
  EXPECT_EQ(reason_of([](Json& j) { j.erase("chapters"); }), "accepted");  // films without any, and older titles
  EXPECT_EQ(reason_of([](Json& j) { j["chapters"][1]["start_ms"] = 0; }), "details_bad");
  EXPECT_EQ(reason_of([](Json& j) { j["chapters"][0]["start_ms"] = -1; }), "details_bad");
  EXPECT_EQ(reason_of([](Json& j) { j["chapters"][0]["name"] = "a\x1b[2J"; }), "details_bad");
  EXPECT_EQ(reason_of([](Json& j) { j["chapters"] = "Opening"; }), "details_bad");
  EXPECT_EQ(reason_of([](Json& j) {
              for (int i = 0; i < 1'001; ++i) j["chapters"].push_back({{"start_ms", 4'000 + i}, {"name", ""}});
            }),
            "details_bad");
}

TEST(TitleDetails, HasABound) {
  EXPECT_EQ(parse_details(std::string(kMaxDetailsBytes + 1, ' ')).error().reason, "details_too_large");
  EXPECT_EQ(parse_details("[]").error().reason, "details_bad");
  EXPECT_EQ(parse_details("").error().reason, "details_bad");
}

TEST(TitleDetails, DoesNotWriteWhatAViewerWouldRefuse) {
  TitleDetails details = example();
  details.tracks[1].id = details.tracks[0].id;
  EXPECT_EQ(write_details(details).error().code, ErrorCode::BadRequest);
}

}  // namespace
}  // namespace swarma::title
