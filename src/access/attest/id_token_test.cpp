#include "access/attest/id_token.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/file.h"

namespace swarma::access::attest {
namespace {

/// Tokens made by another implementation (tests/interop/oauth/make_vectors.mjs), each with one thing wrong but the
/// good.
struct IdToken : ::testing::Test {
  const Json vectors = Json::parse(read_file(SWARMA_SOURCE_DIR "/tests/interop/oauth/id_tokens.json", 1 << 20).value());
  const std::vector<ProviderKey> keys = read_provider_keys(vectors["jwks"], crypto::WebAlgorithm::Es256);

  ExpectedIdToken expected() const {
    const Json& from = vectors["expected"];
    return {from["issuer"],       from["client_id"],           from["nonce"],
            from["access_token"], crypto::WebAlgorithm::Es256, Instant(from["now"].get<std::int64_t>())};
  }
  std::string verdict(const std::string& token) const {
    const auto subject = check_id_token(token, keys, expected());
    return subject ? *subject : subject.error().reason;
  }
};

TEST_F(IdToken, SaysWhoSignedInWhenEverythingHolds) {
  for (const auto& [name, token] : vectors["tokens"].items()) {
    const std::string wanted = name.starts_with("good") ? "248289761001"
                               : name == "key_unknown"  ? "oauth_key_unknown"
                                                        : "oauth_token_bad";
    EXPECT_EQ(verdict(token), wanted) << name;
  }
}

TEST_F(IdToken, RefusesAnyChangedCharacter) {
  const std::string good = vectors["tokens"]["good"];
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string changed = good;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_NE(verdict(changed), "248289761001") << i;
  }
  for (const std::string& text : {std::string(), std::string("."), std::string(".."), good + ".", good + "A",
                                  std::string(kMaxIdTokenBytes + 1, 'A')})
    EXPECT_EQ(verdict(text), "oauth_token_bad");
}

TEST_F(IdToken, TakesOfTheKeysThoseThatSign) {
  ASSERT_EQ(keys.size(), 1U);  // none for encryption, of another kind, or that cannot be read
  EXPECT_EQ(keys.front().id, "a");
  EXPECT_EQ(read_provider_keys(vectors["jwks"], crypto::WebAlgorithm::Rs256).size(), 1U);
  EXPECT_TRUE(read_provider_keys(Json::object(), crypto::WebAlgorithm::Es256).empty());
}

}  // namespace
}  // namespace swarma::access::attest
