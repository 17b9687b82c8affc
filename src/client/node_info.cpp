#include "client/node_info.h"

#include <nlohmann/json.hpp>

#include "net/problem.h"

namespace swarma::client {
namespace {

Result<NodeInfo> parse_info(const Json& json) {
  const JsonReader reader(json, "node's description");
  SWARMA_TRY(const std::string owner, reader.text("owner", 128));
  SWARMA_TRY(const Json* agent, reader.object("agent"));
  const JsonReader agent_reader(*agent, "node's agent");
  SWARMA_TRY(const std::string signer, agent_reader.text("signer", 128));
  SWARMA_TRY(const std::string encryption, agent_reader.text("encryption", 128));
  SWARMA_TRY(crypto::Did owner_did, crypto::Did::parse(owner));
  SWARMA_TRY(crypto::Did signer_did, crypto::Did::parse(signer));
  SWARMA_TRY(crypto::EncryptionKey encryption_key, crypto::EncryptionKey::parse(encryption));
  return NodeInfo{.name = reader.text_or("name", 300, "").value_or(""),
                  .version = reader.text_or("version", 64, "").value_or(""),
                  .owner = std::move(owner_did),
                  .agent = {.signer = std::move(signer_did), .encryption = std::move(encryption_key)},
                  .nonce = reader.text_or("nonce", 256, "").value_or("")};
}

}  // namespace

Result<Json> get_json(net::HttpClient& http, const std::string& url) {
  SWARMA_TRY(const net::ClientResponse response, http.send({.method = "GET", .url = url, .headers = {}, .body = {}}));
  if (response.status != 200) {
    Error error = net::read_problem(response);
    if (error.reason == net::kNoProblem) error.message += " Is " + url + " a Swarma node?";
    return std::unexpected(std::move(error));
  }
  auto body = parse_json(response.body);
  if (!body) return fail(ErrorCode::Corrupt, "not_a_node", url + " did not answer with JSON. Is it a Swarma node?");
  return body;
}

Result<NodeInfo> read_node_info(net::HttpClient& http, const std::string& node_url) {
  const auto json = get_json(http, node_url + "/v1/node");
  if (!json && json.error().code == ErrorCode::Unavailable) return std::unexpected(json.error());
  Result<NodeInfo> info = json ? parse_info(*json) : std::unexpected(json.error());
  if (!info) return fail(ErrorCode::Corrupt, "not_a_node", "What answers at " + node_url + " is not a Swarma node.");
  return info;
}

}  // namespace swarma::client
