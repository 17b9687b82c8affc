#include "title/title_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/random.h"

namespace swarma::title {
namespace {

using ::testing::HasSubstr;

const crypto::SigningKey& creator() {
  static const crypto::SigningKey key = crypto::SigningKey::generate();
  return key;
}

std::string random_16() {
  return to_base64url(random_array<16>());
}
BlobId blob(std::uint8_t fill) {
  BlobId::Digest digest;
  digest.fill(fill);
  return BlobId(digest);
}

TitleRecord example(const crypto::SigningKey& by = creator()) {
  const std::string nonce = random_16();
  return TitleRecord{.id = make_title_id(by.did(), nonce),
                     .nonce = nonce,
                     .revision = 3,
                     .creator = by.did(),
                     .created_at = Instant(1'800'000'000),
                     .name = "Big Buck Bunny",
                     .language = "en",
                     .summary = "A rabbit\nwith a temper.",
                     .tags = {"animation", "short"},
                     .duration_ms = 120'000,
                     .slots = 30,
                     .salt = random_16(),
                     .key_groups = {"hd", "sd"},
                     .playlist = blob(1),
                     .details = blob(2),
                     .poster = blob(3),
                     .policy = R"({"paths":[{"id":"open"}],"version":1})",
                     .agent = {by.did(), crypto::DecryptionKey::generate().encryption_key()}};
}

/// The record as JSON, changed, and signed again by `by`: what a hostile but well-equipped publisher would send.
std::string signed_with(const std::function<void(Json&)>& change, const crypto::SigningKey& by = creator()) {
  Json payload = *crypto::peek_jws(*sign_record(example(), creator()));
  change(payload);
  return *crypto::sign_jws(by, crypto::kTitleTyp, payload);
}

std::string reason_of(const std::string& jws) {
  const auto record = verify_record(jws);
  return record ? "accepted" : record.error().reason;
}

TEST(TitleRecord, SignsAndVerifies) {
  const TitleRecord record = example();
  const auto jws = sign_record(record, creator());
  ASSERT_TRUE(jws) << jws.error().message;
  EXPECT_LE(jws->size(), kMaxRecordBytes);

  const auto read = verify_record(*jws);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->id, record.id);
  EXPECT_EQ(read->revision, 3);
  EXPECT_EQ(read->name, "Big Buck Bunny");
  EXPECT_EQ(read->summary, record.summary);
  EXPECT_EQ(read->tags, record.tags);
  EXPECT_EQ(read->slots, 30u);
  EXPECT_EQ(read->key_groups, record.key_groups);
  EXPECT_EQ(read->poster, record.poster);
  EXPECT_EQ(read->policy, record.policy);
  EXPECT_EQ(read->agent.encryption, record.agent.encryption);
  EXPECT_EQ(*sign_record(*read, creator()), *jws);
}

TEST(TitleRecord, NeedsNoPoster) {
  TitleRecord record = example();
  record.poster.reset();
  EXPECT_FALSE(verify_record(*sign_record(record, creator()))->poster);
}

TEST(TitleRecord, IdIsOfOneCreatorAndNonce) {
  const crypto::SigningKey other = crypto::SigningKey::generate();
  const std::string nonce = random_16();
  EXPECT_EQ(make_title_id(creator().did(), nonce), make_title_id(creator().did(), nonce));
  EXPECT_NE(make_title_id(creator().did(), nonce), make_title_id(other.did(), nonce));
  EXPECT_NE(make_title_id(creator().did(), nonce), make_title_id(creator().did(), random_16()));
  EXPECT_EQ(make_title_id(creator().did(), nonce).text().size(), 26u);
}

TEST(TitleRecord, StrangerCannotSignForATitle) {
  const crypto::SigningKey stranger = crypto::SigningKey::generate();
  EXPECT_EQ(sign_record(example(), stranger).error().reason, "not_your_title");
  // Signed by the stranger, who names the creator.
  EXPECT_EQ(reason_of(signed_with([](Json&) {}, stranger)), "record_forged");
  // Signed by the stranger in his own name, under the creator's title id.
  EXPECT_EQ(reason_of(signed_with([&](Json& p) { p["creator"] = stranger.did().text(); }, stranger)), "record_forged");
  // The creator's key, but an id that does not follow from the nonce.
  EXPECT_EQ(reason_of(signed_with([](Json& p) { p["nonce"] = random_16(); })), "record_forged");
}

TEST(TitleRecord, EveryFlippedBitIsSeen) {
  const std::string jws = *sign_record(example(), creator());
  for (std::size_t at = 0; at < jws.size(); ++at) {
    std::string changed = jws;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    ASSERT_FALSE(verify_record(changed)) << "byte " << at;
  }
}

TEST(TitleRecord, RefusesOtherKindsOfJws) {
  const Json payload = *crypto::peek_jws(*sign_record(example(), creator()));
  EXPECT_EQ(reason_of(*crypto::sign_jws(creator(), crypto::kGrantTyp, payload)), "record_forged");
}

TEST(TitleRecord, RefusesWhatIsOutOfBounds) {
  const std::pair<const char*, Json> bad_members[] = {{"revision", 0},
                                                      {"revision", "1"},
                                                      {"revision", 1.5},
                                                      {"slots", 0},
                                                      {"slots", (1 << 20) + 1},
                                                      {"duration_ms", -1},
                                                      {"created_at", -1},
                                                      {"name", std::string(301, 'x')},
                                                      {"name", "a\x1b[2J"},
                                                      {"name", "a\nb"},
                                                      {"summary", std::string(1001, 'x')},
                                                      {"language", "e n"},
                                                      {"tags", "animation"},
                                                      {"tags", Json::array({""})},
                                                      {"tags", Json::array({1})},
                                                      {"nonce", "AAAA"},
                                                      {"salt", "AAAA"},
                                                      {"salt", Json()},
                                                      {"key_groups", Json::array()},
                                                      {"key_groups", Json::array({"sd", "sd"})},
                                                      {"key_groups", Json::array({"SD"})},
                                                      {"playlist", "00"},
                                                      {"details", Json()},
                                                      {"poster", 7},
                                                      {"policy", "open"},
                                                      {"agent", Json::object()},
                                                      {"creator", "did:web:example.org"},
                                                      {"title_id", "zzz"}};
  for (const auto& [name, value] : bad_members)
    EXPECT_EQ(reason_of(signed_with([&](Json& p) { p[name] = value; })), "record_bad") << name << " " << value.dump();
  for (const char* name : {"title_id", "nonce", "revision", "creator", "slots", "salt", "playlist", "policy", "agent"})
    EXPECT_EQ(reason_of(signed_with([&](Json& p) { p.erase(name); })), "record_bad") << name;
}

TEST(TitleRecord, SaysThatAnotherSchemeNeedsANewerVersion) {
  EXPECT_EQ(reason_of(signed_with([](Json& p) { p["scheme"] = "aes-512"; })), "unknown_scheme");
}

TEST(TitleRecord, IgnoresMembersOfLaterVersions) {
  EXPECT_EQ(reason_of(signed_with([](Json& p) { p["trailer"] = "soon"; })), "accepted");
}

TEST(TitleRecord, HasABound) {
  TitleRecord record = example();
  record.policy = *canonical_json(Json{{"note", std::string(7'000, 'x')}});
  EXPECT_EQ(sign_record(record, creator()).error().reason, "record_too_large");
  EXPECT_EQ(reason_of(std::string(kMaxRecordBytes + 1, 'a')), "record_bad");
}

TEST(TitleRecord, DoesNotSignWhatAViewerWouldRefuse) {
  TitleRecord record = example();
  record.name = "line\nbreak";
  EXPECT_EQ(sign_record(record, creator()).error().code, ErrorCode::BadRequest);
}

TEST(SegmentAdditionalData, NamesTitleRevisionTrackAndSlot) {
  const TitleRecord record = example();
  const Bytes data = *segment_additional_data(record.id, record.salt, "v720-3f9a", 0x01020304);
  ASSERT_EQ(data.size(), 16u + 16 + 2 + 9 + 4);
  EXPECT_EQ(as_text(ByteView(data).subspan(34, 9)), "v720-3f9a");
  EXPECT_EQ(to_hex(ByteView(data).subspan(32, 2)), "0009");
  EXPECT_EQ(to_hex(ByteView(data).last(4)), "01020304");
  EXPECT_FALSE(segment_additional_data(record.id, "short", "v", 0));
  EXPECT_FALSE(segment_additional_data(record.id, record.salt, "", 0));
}

TEST(PolicyHash, IsBase64UrlSha256) {
  EXPECT_EQ(policy_hash(""), "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
}

}  // namespace
}  // namespace swarma::title
