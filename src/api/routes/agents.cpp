#include "api/routes/agents.h"

#include "base/log.h"
#include "base/random.h"

namespace swarma::api {
namespace {

namespace grant = access::grant;

constexpr std::uint16_t kRefused = 4'000;  // close code of an agent that is not let in; the reason is a slug

class Line final : public grant::AgentLine {
 public:
  explicit Line(net::WebSocket socket) : socket_(std::move(socket)) {}
  bool send(std::string_view message) override { return socket_.send(message); }
  void close(std::string_view reason) override { socket_.close(kRefused, reason); }

 private:
  const net::WebSocket socket_;
};

/// One agent's connection, from the challenge to its end.
class AgentSession final : public net::WebSocketSession {
 public:
  AgentSession(AgentRoutes with, std::vector<std::string> own_urls)
      : with_(std::move(with)), own_urls_(std::move(own_urls)) {}

  void on_open(net::WebSocket socket, std::string_view) override {
    wire_ = std::make_shared<Line>(std::move(socket));
    auto line = with_.agents.open(wire_);
    if (!line) return refuse(line.error());
    line_ = *line;
    say(grant::AgentChallenge{.fabric = with_.fabric, .nonce = nonce_});
  }

  void on_message(std::string message, net::MessageKind kind) override {
    auto read = grant::parse_from_agent(message);
    if (kind != net::MessageKind::Text || !read || !line_)
      return refuse({ErrorCode::BadRequest, "agent_message_bad", "This is no message of a key agent."});
    if (const auto* answer = std::get_if<grant::AnswerMessage>(&*read)) return with_.agents.answer(*line_, *answer);
    if (const auto come_in = prove(std::get<grant::AgentProofMessage>(*read)); !come_in) refuse(come_in.error());
  }

  void on_close(std::uint16_t, std::string_view) override {
    if (!line_) return;
    with_.agents.close(*line_);
    if (proven_) log::info("agent_left", {{"agent", agent_}});
  }

 private:
  Result<void> prove(const grant::AgentProofMessage& message) {
    if (std::exchange(proven_, true))
      return fail(ErrorCode::BadRequest, "agent_message_bad", "This key agent has proven itself already.");
    SWARMA_TRY(const title::KeyAgentRef agent, grant::verify_agent_proof(message.proof, nonce_, own_urls_));
    SWARMA_RETURN_IF_ERROR(with_.door.admit_creator(agent.signer, message.token));
    agent_ = agent.signer.text();
    say(grant::AgentWelcome{});
    SWARMA_RETURN_IF_ERROR(with_.agents.prove(*line_, agent));
    log::info("agent_came", {{"agent", agent_}});
    return {};
  }
  void say(const grant::FromFabric& message) { wire_->send(grant::write_message(message)); }
  void refuse(const Error& error) {
    say(grant::AgentRefusal{.reason = error.reason, .message = error.message});
    wire_->close(error.reason);
  }

  const AgentRoutes with_;
  const std::vector<std::string> own_urls_;
  const std::string nonce_ = to_base64url(random_array<24>());
  std::shared_ptr<Line> wire_;
  std::optional<grant::RemoteAgents::LineId> line_;
  bool proven_ = false;
  std::string agent_;  // DID
};

}  // namespace

Table routes(const AgentRoutes& with) {
  net::WebSocketFactory open = [with](const net::Request& request) -> Result<std::unique_ptr<net::WebSocketSession>> {
    SWARMA_TRY(std::vector<std::string> urls, with.door.urls_of(request));
    return std::make_unique<AgentSession>(with, std::move(urls));
  };
  return {{.method = "GET",
           .pattern = std::string(grant::kAgentPath),
           .runs = Runs::Inline,
           .websocket = std::move(open),
           .websocket_options = {.max_message = grant::kMaxAgentMessage,
                                 .max_queued = 8 << 20,  // the orders of a line, and more (AgentLimits)
                                 .silence = std::chrono::seconds(10),
                                 .subprotocols = {std::string(grant::kAgentSubprotocol)}}}};
}

}  // namespace swarma::api
