// GET /v1/agents/connect: the WebSocket by which key agents at home are reached (access/grant/agent_messages.h). Open
// to the owner's own agents and to those that hold a token of the owner.
#pragma once

#include "access/grant/remote_agents.h"
#include "api/door.h"
#include "api/table.h"

namespace swarma::api {

struct AgentRoutes {
  access::grant::RemoteAgents& agents;
  const Door& door;
  std::string fabric;  // DID
};
Table routes(const AgentRoutes& with);

}  // namespace swarma::api
