// The access plane of a fabric: verifiers, key requests, passes and key agents, in the order of their making. Whatever
// asks somebody outside lives here.
#pragma once

#include <memory>
#include <vector>

#include "access/attest/foreign_passes.h"
#include "access/attest/foreign_verifiers.h"
#include "access/attest/recently_issued.h"
#include "access/grant/broker.h"
#include "access/grant/pass_desk.h"
#include "access/grant/remote_agents.h"
#include "api/table.h"
#include "base/worker_pool.h"
#include "net/mail.h"
#include "net/outbound.h"
#include "node/foundation.h"
#include "node/part.h"
#include "work/timers.h"

namespace swarma::node {

/// How others are asked.
struct Outside {
  net::Outbound outbound;
  std::unique_ptr<net::Mailer> mailer;  // null: no mail server was named
  std::vector<access::attest::OauthAdapter> oauth;
};

/// Each member needs only those above it.
class AccessPlane {
 public:
  /// What it knows of titles comes by `titles`, which must outlive it, as the foundation must.
  static Result<std::unique_ptr<AccessPlane>> make(Foundation& f, access::grant::SignedTitles& titles);

  std::vector<api::Table> routes();
  std::vector<work::Timer> timers();
  std::vector<Metric> metrics();

  access::grant::PreparedTitles& titles() { return prepared_; }
  access::grant::LocalKeyAgent& agent() { return agent_; }
  access::grant::ChosenKeyAgent& agents() { return agents_; }

 private:
  AccessPlane(Foundation& f, access::grant::SignedTitles& titles, std::unique_ptr<Outside> outside);
  void end_foreign_passes();
  access::attest::StillGood still_good();

  Foundation& f_;
  access::grant::PreparedTitles prepared_;
  access::grant::LocalKeyAgent agent_;
  access::grant::RemoteAgents agents_elsewhere_;
  access::grant::ChosenKeyAgent agents_;
  work::Timers agent_watch_;  // on a thread of its own: orders have deadlines of seconds
  WorkerPool returning_{2};   // where answers from outside are written down
  std::unique_ptr<Outside> outside_;
  access::attest::RecentlyIssued recently_issued_;
  access::attest::Actions actions_;
  access::attest::ForeignVerifiers foreign_verifiers_;
  access::grant::Broker broker_;
  access::grant::LocalPassAgent pass_agent_;
  access::grant::ChosenPassAgent pass_agents_;
  access::grant::PassDesk passes_;
  access::attest::ForeignPasses foreign_passes_;
};

}  // namespace swarma::node
