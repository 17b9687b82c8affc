#include "access/policy/grant_claims.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "crypto/jws.h"

namespace swarma::access::policy {
namespace {

class GrantClaimsTest : public ::testing::Test {
 protected:
  GrantClaims claims() {
    KeyCovers covers;
    covers["sd"] = crypto::cover(root_, 100, {10, 20});
    GrantClaims out{.grant_id = "u.g",
                    .unlock_id = "u",
                    .title = title_,
                    .revision = 2,
                    .slots = {10, 20},
                    .key_groups = {"sd"},
                    .keys = {},
                    .policy_hash = "hash",
                    .path = "p",
                    .viewer = "me",
                    .issued_at = Instant(100),
                    .expires_at = Expiry(200),
                    .unlock_until = Expiry(300),
                    .watermark_salt = "salt"};
    out.keys = seal_covers(out.grant_id, covers, viewer_.encryption_key(), sealer_);
    return out;
  }
  GrantExpectation expected(Instant now = Instant(150)) const { return {title_, 2, "hash", "me", now}; }

  TitleId title_{TitleId::Raw{1, 2, 3}};
  crypto::SecretKey root_ = crypto::random_key();
  crypto::SigningKey agent_ = crypto::SigningKey::generate();
  crypto::DecryptionKey viewer_ = crypto::DecryptionKey::generate();
  crypto::JweSealer sealer_;
};

TEST_F(GrantClaimsTest, TravelSignedAndOpenForTheViewerOnly) {
  const std::string jws = sign_grant(claims(), agent_).value();
  const auto read = verify_grant(jws, agent_.did());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_TRUE(check_grant(*read, expected()));
  const auto covers = open_covers(*read, viewer_);
  ASSERT_TRUE(covers) << covers.error().message;
  const auto nodes = crypto::cover(root_, 100, {10, 20});
  ASSERT_EQ(covers->at("sd").size(), nodes.size());
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    EXPECT_EQ(covers->at("sd")[i].level, nodes[i].level);
    EXPECT_EQ(covers->at("sd")[i].index, nodes[i].index);
    EXPECT_EQ(covers->at("sd")[i].key, nodes[i].key);
  }
  EXPECT_EQ(open_covers(*read, crypto::DecryptionKey::generate()).error().reason, "grant_not_for_this_key");
}

TEST_F(GrantClaimsTest, AreRefusedWithADistinctReason) {
  const auto reason = [&](auto change, Instant now = Instant(150), bool rolling = false) {
    GrantExpectation wanted = expected(now);
    change(wanted);
    const auto checked = check_grant(claims(), wanted, rolling);
    return checked ? std::string("fine") : checked.error().reason;
  };
  EXPECT_EQ(reason([](auto&) {}), "fine");
  EXPECT_EQ(reason([](auto& e) { e.viewer = "you"; }), "grant_wrong_viewer");
  EXPECT_EQ(reason([](auto& e) { e.title = TitleId(TitleId::Raw{9}); }), "grant_wrong_title");
  EXPECT_EQ(reason([](auto& e) { e.revision = 3; }), "grant_old_revision");
  EXPECT_EQ(reason([](auto& e) { e.policy_hash = "other"; }), "grant_other_policy");
  EXPECT_EQ(reason([](auto&) {}, Instant(200)), "grant_expired");
  EXPECT_EQ(reason([](auto&) {}, Instant(200), true), "fine");
  EXPECT_EQ(reason([](auto&) {}, Instant(300), true), "grant_expired");
}

TEST_F(GrantClaimsTest, OfAnotherSignerOrWithAFlippedBitAreForged) {
  std::string jws = sign_grant(claims(), agent_).value();
  EXPECT_EQ(verify_grant(jws, crypto::SigningKey::generate().did()).error().reason, "grant_forged");
  for (std::size_t i = 0; i < jws.size(); i += 97) {
    std::string bent = jws;
    bent[i] = bent[i] == 'A' ? 'B' : 'A';
    EXPECT_EQ(verify_grant(bent, agent_.did()).error().reason, "grant_forged") << i;
  }
  const std::string other_kind = crypto::sign_jws(agent_, crypto::kTokenTyp, Json{{"grant_id", "u.g"}}).value();
  EXPECT_EQ(verify_grant(other_kind, agent_.did()).error().reason, "grant_forged");
}

TEST_F(GrantClaimsTest, KeysCannotBeMovedIntoAnotherGrant) {
  GrantClaims moved = claims();
  moved.grant_id = "u.h";
  EXPECT_EQ(open_covers(moved, viewer_).error().reason, "grant_forged");
}

}  // namespace
}  // namespace swarma::access::policy
