// Which route a path belongs to. A tree over path segments, built once and then read by all loops at the same time.
//
// Per segment the most particular pattern wins: a literal, then {blob}, then {name}, then a trailing {name*}.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/route.h"

namespace swarma::net {

/// All routes that share a pattern.
class Endpoint {
 public:
  /// The route for a method; GET's answers HEAD unless HEAD has its own. Null if the method has none here.
  const Route* find(std::string_view method) const;
  /// The value of Allow: "GET, HEAD, OPTIONS".
  const std::string& allow() const { return allow_; }
  /// Adds the headers of the routes to an answer given here.
  void add_headers(Response& response) const;

 private:
  friend class Router;
  std::vector<const Route*> routes_;
  std::string allow_;
};

class Router {
 public:
  /// Aborts on a pattern that does not start with '/', two routes of the same method and pattern, or a route that has
  /// not exactly one of handler, group, sink and websocket: bugs of ours.
  explicit Router(std::vector<Route> routes);
  Router(const Router&) = delete;
  ~Router();

  /// Null when no pattern matches. Appends what the {…} matched.
  const Endpoint* match(std::string_view path, std::vector<std::string>& params) const;

 private:
  struct Node;
  const Node* match_from(const Node& node, std::string_view rest, std::vector<std::string>& params) const;
  void insert(const Route& route);

  std::vector<Route> routes_;
  std::unique_ptr<Node> root_;
};

}  // namespace swarma::net
