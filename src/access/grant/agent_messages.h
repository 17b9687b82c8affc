// What a fabric and a key agent elsewhere say to each other: JSON objects, one in each text message of a WebSocket with
// the subprotocol "swarma-agent.1". The agent calls, from behind its router; the fabric asks.
//
//   fabric → agent  {"type":"challenge","fabric":did,"nonce"}       at once; the nonce is for this connection only
//   agent → fabric  {"type":"proof","proof":JWS,"token"?}           a key agent's key, and that it means this fabric
//   fabric → agent  {"type":"welcome"}, or {"type":"refused","reason","message"} before it closes
//   fabric → agent  {"type":"grant","id","record","sealed","request","proof","facts":{"now","country"?,"uses"?}}
//   fabric → agent  {"type":"pass","id","record","request","proof","facts","pass":{"id","list","signer","index"}}
//   agent → fabric  {"type":"granted","id","grant":JWS}, {"type":"passed","id","pass":JWS} or
//                   {"type":"refused","id","reason","message"}
//
// The proof is a JWS (typ swarma-agent+jwt) with {"iss":did,"aud":url,"nonce","encryption":did}: `aud` is the URL that
// the agent has called, so that nobody can pass it on to another fabric. "request" and its "proof" are the viewer's own
// words (POST /v1/keys/request or /v1/passes/request and its DPoP proof), which the agent checks itself. Parsing is
// strict; errors are BadRequest.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "access/pass/pass.h"
#include "access/policy/evaluate.h"
#include "title/title_record.h"

namespace swarma::access::grant {

inline constexpr std::string_view kAgentSubprotocol = "swarma-agent.1";
inline constexpr std::string_view kAgentPath = "/v1/agents/connect";
inline constexpr std::size_t kMaxAgentMessage = 2 << 20;  // a sealed package with all its codes, and a request

struct AgentChallenge {
  std::string fabric;  // DID: who signs the attestations of its verifiers
  std::string nonce;
};
struct AgentProofMessage {
  std::string proof;  // JWS
  std::string token;  // of the fabric's owner, for an agent that is not his own; may be empty
};
struct AgentWelcome {};
struct AgentRefusal {
  std::string reason, message;
};

struct OrderMessage {
  std::string id;
  std::string record;   // JWS
  std::string sealed;   // JWE
  std::string request;  // body of POST /v1/keys/request
  std::string proof;    // DPoP
  // The fabric's word: its time, where the viewer is, and how often the viewer has used the path asked for.
  Instant now;
  std::optional<std::string> country;
  std::optional<policy::PathUse> uses;
};
/// A pass instead of keys. Its id and its place in a status list are the fabric's to choose.
struct PassOrderMessage {
  std::string id;
  std::string record;   // JWS
  std::string request;  // body of POST /v1/passes/request
  std::string proof;    // DPoP
  Instant now;          // the fabric's word, as above
  std::optional<policy::PathUse> uses;
  std::string pass_id;
  pass::StatusEntry status;
};
struct AnswerMessage {
  std::string id;
  std::string grant, pass;      // JWS: what was ordered; or
  std::string reason, message;  // why there is none
};

using FromFabric = std::variant<AgentChallenge, AgentWelcome, AgentRefusal, OrderMessage, PassOrderMessage>;
using FromAgent = std::variant<AgentProofMessage, AnswerMessage>;
std::string write_message(const FromFabric& message);
std::string write_message(const FromAgent& message);
Result<FromFabric> parse_from_fabric(std::string_view text);
Result<FromAgent> parse_from_agent(std::string_view text);

/// `url`: the WebSocket's, with http or https as scheme, normalised.
std::string sign_agent_proof(const crypto::SigningKey& signing, const crypto::EncryptionKey& encryption,
                             const AgentChallenge& challenge, std::string_view url);
/// Who proved itself. Unauthenticated "agent_proof_bad", also for another nonce or URL than expected.
Result<title::KeyAgentRef> verify_agent_proof(std::string_view proof, std::string_view nonce,
                                              const std::vector<std::string>& own_urls);

}  // namespace swarma::access::grant
