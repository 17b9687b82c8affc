// catalog asks access: is a sealed package for us and sound? Its codes are written with the title.
#pragma once

#include "access/attest/code_book.h"
#include "access/grant/acceptance.h"
#include "access/grant/key_agent.h"
#include "catalog/registry/desk.h"

namespace swarma::node {

class SealedIntakeByAgent final : public catalog::registry::SealedIntake {
 public:
  SealedIntakeByAgent(access::grant::LocalKeyAgent& agent, db::Database& database)
      : agent_(agent), database_(database) {}

  Result<Write> accept(const std::string& record_jws, const TitleId& id, const std::string& sealed,
                       const std::string& acceptance) override {
    SWARMA_TRY(auto hashed, acceptance.empty() ? open(record_jws, id, sealed)
                                               : access::grant::verify_acceptance(acceptance, record_jws, sealed));
    return [id, hashed = std::move(hashed)](db::Session& session) {
      return access::attest::replace_codes(session, id, hashed);
    };
  }
  Result<void> forget(db::Session& session, const TitleId& id) override {
    return access::attest::remove_codes(session, id);
  }

 private:
  Result<std::vector<access::attest::HashedCode>> open(const std::string& record_jws, const TitleId& id,
                                                       const std::string& sealed) {
    SWARMA_TRY(const title::CodeLists codes, agent_.accept(record_jws, sealed));
    return access::attest::hash_codes(database_, id, codes);
  }

  access::grant::LocalKeyAgent& agent_;
  db::Database& database_;
};

}  // namespace swarma::node
