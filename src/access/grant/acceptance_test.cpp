// The word of an agent elsewhere: for one record and its package, with the hashes of its codes and nothing else of it.
#include "access/grant/acceptance.h"

#include <gtest/gtest.h>

#include "access/attest/code_hash.h"
#include "access/grant/title_testing.h"

namespace swarma::access::grant {

using namespace grant::testing;
namespace {

constexpr std::string_view kPolicy = R"({"version":1,"paths":[
  {"id":"code","requires":{"requirement":"allowlist_token","params":{"list":"friends"}},"grants":{}}]})";

struct AcceptanceTest : ::testing::Test {
  std::string accept(const TestTitle& title) {
    auto signed_text =
        sign_acceptance(agent_, creator_.signing, master_, title.published.record, title.published.sealed);
    EXPECT_TRUE(signed_text) << signed_text.error().message;
    return *std::move(signed_text);
  }
  static Result<std::vector<attest::HashedCode>> verify(const std::string& acceptance, const TestTitle& title) {
    return verify_acceptance(acceptance, title.published.record, title.published.sealed);
  }

  TestCreator creator_;
  crypto::SecretKey master_ = crypto::random_key();
  LocalKeyAgent agent_{creator_.signing, creator_.decryption};
  TestTitle title_ = make_test_title(creator_, kPolicy, {{"friends", {{.code = "OPEN-SESAME", .max_uses = 3}}}});
};

TEST_F(AcceptanceTest, GivesTheCodesAsHashes) {
  const std::string acceptance = accept(title_);
  const auto codes = verify(acceptance, title_);
  ASSERT_TRUE(codes) << codes.error().message;
  ASSERT_EQ(codes->size(), 1u);
  EXPECT_EQ(codes->front().list, "friends");
  EXPECT_EQ(codes->front().max_uses, 3);
  EXPECT_EQ(codes->front().hash, attest::hash_code("OPEN-SESAME", codes->front().salt).value());
}

TEST_F(AcceptanceTest, ANextRevisionHasTheSameHashes) {
  const auto first = verify(accept(title_), title_).value();
  const TestTitle next = make_test_title(creator_, kPolicy, title_.codes, 2, title_.record.nonce);
  const auto second = verify(accept(next), next).value();
  EXPECT_EQ(first.front().salt, second.front().salt);
  EXPECT_EQ(first.front().hash, second.front().hash);
  const TestTitle other = make_test_title(creator_, kPolicy, title_.codes);
  EXPECT_NE(verify(accept(other), other).value().front().salt, first.front().salt);
}

TEST_F(AcceptanceTest, IsForOneTitleByItsAgent) {
  const std::string acceptance = accept(title_);
  const TestTitle other = make_test_title(creator_, kPolicy);
  EXPECT_EQ(verify(acceptance, other).error().reason, "acceptance_bad");
  EXPECT_EQ(verify_acceptance(acceptance, title_.published.record, other.published.sealed).error().reason,
            "acceptance_bad");
  const TestTitle foreign = make_test_title(TestCreator(), kPolicy);
  EXPECT_EQ(verify(acceptance, foreign).error().reason, "acceptance_bad");
  EXPECT_EQ(sign_acceptance(agent_, creator_.signing, master_, foreign.published.record, foreign.published.sealed)
                .error()
                .reason,
            "other_agent");
  EXPECT_EQ(verify("a.b.c", title_).error().reason, "acceptance_bad");
}

}  // namespace
}  // namespace swarma::access::grant
