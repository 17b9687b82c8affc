// The key agent at its creator's home: answers the orders of a fabric that it does not have to believe.
//
// It sees for itself: that the record is signed and its package sealed to this agent; that the viewer's key has signed
// this very request (so the keys go to nobody else, whatever the fabric says); and each attestation with its signature,
// issuer, subject, title and life. Then it decides by the policy of the record. What it has to take the fabric's word
// for: how often a viewer has used a path, whether an attestation was used or revoked, the viewer's country, and that a
// proof was not sent twice. The fabric's time is taken as long as it is that of this clock, within kClockSkew. Where a
// policy names no issuers, the fabric's own verifiers count.
#pragma once

#include "access/grant/agent_messages.h"
#include "access/grant/key_agent.h"
#include "access/grant/pass_agent.h"
#include "base/clock.h"

namespace swarma::access::grant {

inline constexpr std::chrono::seconds kClockSkew{60};  // and the order has been on its way

class HomeAgent {
 public:
  /// All outlive this.
  HomeAgent(LocalKeyAgent& agent, const LocalPassAgent& passes, const Clock& clock)
      : agent_(agent), passes_(passes), clock_(clock) {}

  /// `fabric`: DID of whoever ordered. Takes some hundred microseconds. Safe for concurrent use.
  AnswerMessage answer(const OrderMessage& order, const std::string& fabric);
  AnswerMessage answer(const PassOrderMessage& order, const std::string& fabric);

 private:
  Result<IssuedGrant> issue(const OrderMessage& order, const std::string& fabric);
  Result<std::string> issue(const PassOrderMessage& order, const std::string& fabric);
  Result<void> check_time(Instant fabrics) const;

  LocalKeyAgent& agent_;
  const LocalPassAgent& passes_;
  const Clock& clock_;
};

}  // namespace swarma::access::grant
