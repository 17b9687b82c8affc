#include "title/sealed_package.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "title/title_record.h"

namespace swarma::title {
namespace {

class SealedPackages : public ::testing::Test {
 protected:
  const crypto::DecryptionKey agent_ = crypto::DecryptionKey::generate();
  const TitleId title_ = make_title_id(crypto::SigningKey::generate().did(), to_base64url(Bytes(16, 1)));

  SealedPackage example() const {
    return {.title = title_,
            .revision = 3,
            .title_secret = crypto::random_key(),
            .codes = {{"friends", {{.code = "popcorn", .max_uses = 2}}}}};
  }
  std::string seal(const Json& json) const {
    return crypto::encrypt_jwe(agent_.encryption_key(), kSealedTyp, view(json.dump()));
  }
  std::string reason_of(const std::string& sealed, std::int64_t revision = 3) const {
    const auto package = open_package(sealed, agent_, title_, revision);
    return package ? "opened" : package.error().reason;
  }
};

TEST_F(SealedPackages, RoundTrip) {
  const SealedPackage package = example();
  const auto opened = open_package(seal_package(package, agent_.encryption_key()), agent_, title_, 3);
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(to_hex(opened->title_secret.expose()), to_hex(package.title_secret.expose()));
  EXPECT_EQ(opened->codes, package.codes);
}

TEST_F(SealedPackages, OpenForNobodyElse) {
  const auto other = crypto::DecryptionKey::generate();
  EXPECT_EQ(reason_of(seal_package(example(), other.encryption_key())), "sealed_package_bad");
}

TEST_F(SealedPackages, BelongToOneTitleAndRevision) {
  const std::string sealed = seal_package(example(), agent_.encryption_key());
  EXPECT_EQ(reason_of(sealed), "opened");
  EXPECT_EQ(reason_of(sealed, 4), "sealed_package_bad");
  const TitleId other = make_title_id(crypto::SigningKey::generate().did(), to_base64url(Bytes(16, 1)));
  EXPECT_FALSE(open_package(sealed, agent_, other, 3));
}

TEST_F(SealedPackages, RefuseWhatIsMalformed) {
  const Json good = {{"title_id", title_.text()}, {"revision", 3}, {"title_secret", to_base64url(Bytes(32, 7))}};
  EXPECT_EQ(reason_of(seal(good)), "opened");  // codes are not needed
  for (const auto& [member, value] : {std::pair{"title_secret", Json("short")},
                                      {"title_secret", Json(7)},
                                      {"revision", Json("3")},
                                      {"codes", Json::array()},
                                      {"extra", Json(1)}}) {
    Json bad = good;
    bad[member] = value;
    EXPECT_EQ(reason_of(seal(bad)), "sealed_package_bad") << member;
  }
  EXPECT_EQ(reason_of(crypto::encrypt_jwe(agent_.encryption_key(), kSealedTyp, view("no JSON"))), "sealed_package_bad");
  EXPECT_EQ(reason_of("a.b.c.d.e"), "sealed_package_bad");
}

}  // namespace
}  // namespace swarma::title
