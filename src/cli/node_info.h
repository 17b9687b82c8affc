// What a command needs to know of the node it talks to.
#pragma once

#include "base/error.h"
#include "base/json.h"
#include "net/http_client.h"
#include "title/codes.h"

namespace swarma::cli {

/// Checks http(s)://host[:port][/] and drops a trailing slash. BadRequest "usage".
Result<std::string> parse_node_url(const std::string& text);
/// The name in GET /v1/node.
Result<std::string> fetch_node_name(net::HttpClient& http, const std::string& node_url);
/// GET, expecting JSON; the node's own sentence when it refuses.
Result<Json> get_json(net::HttpClient& http, const std::string& url);
/// A --policy text: a preset, or a file. `codes` is the private part.
struct ChosenPolicy {
  std::string canonical;
  title::CodeLists codes;
};
Result<ChosenPolicy> load_policy(const std::string& preset_or_file);

}  // namespace swarma::cli
