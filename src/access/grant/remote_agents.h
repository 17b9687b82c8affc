// The key agents that are elsewhere, as a fabric sees them: each has called over a line of its own (a WebSocket,
// api/routes/agents.h) and proven its key. Orders go to the line of a title's agent that has the fewest; when it breaks
// or stays silent, to another of the same agent. No thread waits for an answer.
//
// An answer counts if its order is still open with the line that it comes over, once, and only for what was ordered. An
// agent that answers twice over two lines gives away nothing: a grant leaves when the broker has made it final.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

#include "access/grant/agent_messages.h"
#include "access/grant/key_agent.h"
#include "access/grant/pass_agent.h"

namespace swarma::access::grant {

/// The fabric's end of a line. Safe from any thread.
class AgentLine {
 public:
  virtual ~AgentLine() = default;
  /// False when it has ended.
  virtual bool send(std::string_view message) = 0;
  virtual void close(std::string_view reason) = 0;
};

struct AgentLimits {
  std::size_t lines = 256;
  std::size_t lines_per_agent = 8;
  std::size_t orders_per_line = 256;     // under way; an agent makes some thousand a second
  std::size_t bytes_per_line = 4 << 20;  // of orders under way
  std::size_t bytes = 64 << 20;          // the same of all lines
  std::chrono::seconds proof_wait{10};   // for a line that has not proven itself
  std::chrono::seconds silence{4};       // of an agent, before its order goes to another line
  std::chrono::seconds deadline{10};     // of an order
};

class RemoteAgents final : public KeyAgent, public PassAgent {
 public:
  using LineId = std::uint64_t;
  using Time = std::chrono::steady_clock::duration;  // since any moment

  explicit RemoteAgents(std::function<Time()> now, AgentLimits limits = {});
  ~RemoteAgents() override;

  /// TooMany "too_many_agents".
  Result<LineId> open(std::shared_ptr<AgentLine> line);
  /// It is this agent's. TooMany "too_many_agents".
  Result<void> prove(LineId line, const title::KeyAgentRef& agent);
  void answer(LineId line, const AnswerMessage& answer);
  /// The line has ended: its orders go to another one of the agent, or fail with "agent_away".
  void close(LineId line);
  /// Sees to what has waited too long. To be called about once a second.
  void look();

  bool is_here(const title::KeyAgentRef& agent) const;
  /// Forbidden and Conflict as LocalKeyAgent; Unavailable "agent_away", "agent_busy", "agent_failed".
  void issue(const GrantOrder& order, KeyAgent::Done done) override;
  /// A pass by the agent that the record names, which must be its creator's. The same of Unavailable.
  void issue_pass(const PassOrder& order, PassAgent::Done done) override;

  struct Counts {
    std::uint64_t lines = 0;   // proven
    std::uint64_t orders = 0;  // under way
  };
  Counts counts() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The agent that a title's record names: this node's own, or one elsewhere.
class ChosenKeyAgent final : public KeyAgent {
 public:
  /// Both outlive this.
  ChosenKeyAgent(const crypto::Did& own, LocalKeyAgent& local, RemoteAgents& remote)
      : own_(own), local_(local), remote_(remote) {}

  void issue(const GrantOrder& order, Done done) override {
    if (is_own(*order.agent))
      local_.issue(order, std::move(done));
    else
      remote_.issue(order, std::move(done));
  }
  bool is_own(const title::KeyAgentRef& agent) const { return agent.signer == own_; }
  bool is_here(const title::KeyAgentRef& agent) const { return is_own(agent) || remote_.is_here(agent); }

 private:
  const crypto::Did& own_;
  LocalKeyAgent& local_;
  RemoteAgents& remote_;
};

/// The creator of a title: the owner of this node, or one who is elsewhere.
class ChosenPassAgent final : public PassAgent {
 public:
  /// `run`: as of Broker, since what follows a pass is written. All outlive this.
  ChosenPassAgent(const crypto::Did& own, LocalPassAgent& local, RemoteAgents& remote,
                  std::function<void(std::move_only_function<void()>)> run)
      : own_(own), local_(local), remote_(remote), run_(std::move(run)) {}
  void issue_pass(const PassOrder& order, Done done) override;

 private:
  const crypto::Did& own_;
  LocalPassAgent& local_;
  RemoteAgents& remote_;
  const std::function<void(std::move_only_function<void()>)> run_;
};

}  // namespace swarma::access::grant
