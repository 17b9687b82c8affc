// What anybody may ask a node: JSON by GET, and who it is.
#pragma once

#include <string>

#include "base/error.h"
#include "base/json.h"
#include "crypto/keys.h"
#include "net/http_client.h"
#include "title/title_record.h"

namespace swarma::client {

/// What GET /v1/node says of a node.
struct NodeInfo {
  std::string name;
  std::string version;
  crypto::Did owner;
  title::KeyAgentRef agent;
  std::string nonce;  // for the first proof; may be empty
};

/// GET of JSON. The node's reason and sentence when it refuses; Corrupt ("not_a_node") for an answer that is no JSON.
Result<Json> get_json(net::HttpClient& http, const std::string& url);

/// Corrupt ("not_a_node") when something else answers at `node_url` (without trailing slash).
Result<NodeInfo> read_node_info(net::HttpClient& http, const std::string& node_url);

}  // namespace swarma::client
