// For tests of verifiers: a database on either engine, a viewer, and actions step by step.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "access/attest/actions_testing.h"
#include "db/database_testing.h"

namespace swarma::access::attest::testing {

inline policy::Leaf leaf_with(policy::Requirement requirement, const Json& params) {
  const std::string text = canonical_json(params).value();
  return {requirement, text, 0, policy::leaf_key(requirement, text)};
}

std::string reason_of(const auto& result) {
  return result ? "fine" : result.error().reason;
}

class VerifierTest : public ::testing::TestWithParam<db::testing::Engine> {
 protected:
  void SetUp() override {
    auto made = db::testing::make_test_database(GetParam());
    ASSERT_TRUE(made) << made.error().message;
    database_.emplace(*std::move(made));
    migrate();
    actions_ = make_node();
  }
  virtual void migrate() {
    const auto migrated = db().migrate(migrations());
    ASSERT_TRUE(migrated) << migrated.error().message;
  }
  /// Another node on the same database.
  virtual std::unique_ptr<Actions> make_node() {
    return std::make_unique<Actions>(db(), clock_, issuer_, make_verifiers({db(), network_key_}));
  }
  db::Database& db() { return **database_; }

  Result<StartedAction> start(const policy::Leaf& leaf, const std::string& viewer = "viewer-1") {
    return testing::start(*actions_, {title_, creator_.did(), leaf, viewer});
  }
  /// The action's id and challenge.
  std::pair<std::string, Json> started(const policy::Leaf& leaf, const std::string& viewer = "viewer-1") {
    const auto action = start(leaf, viewer);
    EXPECT_TRUE(action) << action.error().message;
    return action ? std::pair(action->action_id, parse_json(action->challenge).value()) : std::pair("", Json());
  }
  Result<Json> note(const std::string& id, const Json& message, const std::string& viewer = "viewer-1",
                    std::shared_ptr<Guest> guest = {}) {
    return testing::note(*actions_, id, {viewer, std::move(guest)}, message);
  }
  Result<IssuedAttestation> answer(const std::string& id, const Json& response,
                                   const std::string& viewer = "viewer-1") {
    return testing::complete(*actions_, id, {viewer}, response);
  }
  Attestation read(const IssuedAttestation& issued, const std::string& viewer = "viewer-1") {
    auto attestation =
        verify_attestation(issued.jws, {viewer, title_, clock_.now(), [](const crypto::Did&) { return true; }});
    EXPECT_TRUE(attestation) << attestation.error().message;
    return *std::move(attestation);
  }

  std::optional<db::testing::TestDatabase> database_;
  FakeClock clock_;
  crypto::SigningKey issuer_ = crypto::SigningKey::generate(), creator_ = crypto::SigningKey::generate();
  TitleId title_{TitleId::Raw{7}};
  crypto::SecretKey network_key_ = crypto::random_key();
  std::unique_ptr<Actions> actions_;
};

}  // namespace swarma::access::attest::testing
