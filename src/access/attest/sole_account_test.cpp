#include "access/attest/sole_account.h"

#include "access/attest/verifiers_testing.h"

namespace swarma::access::attest {
namespace {

class SoleAccount : public testing::VerifierTest {
 protected:
  std::string claim(const std::string& account, const std::string& viewer, const TitleId& title) {
    return testing::reason_of(db().transact([&](db::Session& session) {
      return claim_account(session, account_name(network_key_, title, account), viewer, clock_.now());
    }));
  }
  const TitleId other_{TitleId::Raw{8}};
};

TEST_P(SoleAccount, OpensATitleForOneViewer) {
  EXPECT_EQ(claim("ada", "viewer-1", title_), "fine");
  EXPECT_EQ(claim("ada", "viewer-1", title_), "fine");
  EXPECT_EQ(claim("ada", "viewer-2", title_), "account_used");
  EXPECT_EQ(claim("bob", "viewer-2", title_), "fine");
  EXPECT_EQ(claim("ada", "viewer-2", other_), "fine");
}

TEST_P(SoleAccount, IsForgottenSixtyDaysAfterItsLastUse) {
  ASSERT_EQ(claim("ada", "viewer-1", title_), "fine");
  clock_.advance(std::chrono::days(59));
  ASSERT_EQ(claim("ada", "viewer-1", title_), "fine");
  clock_.advance(kAccountMemory);
  EXPECT_EQ(prune_accounts(db(), clock_.now()).value(), 0);
  EXPECT_EQ(claim("ada", "viewer-2", title_), "account_used");
  clock_.advance(std::chrono::seconds(1));
  EXPECT_EQ(prune_accounts(db(), clock_.now()).value(), 1);
  EXPECT_EQ(claim("ada", "viewer-2", title_), "fine");
}

TEST_P(SoleAccount, IsNamedOnlyByWhoHasTheKey) {
  const std::string name = account_name(network_key_, title_, "ada");
  EXPECT_EQ(name.size(), 43U);
  EXPECT_NE(name, account_name(network_key_, other_, "ada"));
  EXPECT_NE(name, account_name(crypto::random_key(), title_, "ada"));
}

INSTANTIATE_TEST_SUITE_P(Engines, SoleAccount, ::testing::ValuesIn(db::testing::kEngines), db::testing::engine_name);

}  // namespace
}  // namespace swarma::access::attest
