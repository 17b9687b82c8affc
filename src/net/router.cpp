#include "net/router.h"

#include <algorithm>
#include <cstdlib>

#include "base/log.h"

namespace swarma::net {
namespace {

constexpr std::size_t kBlobDigits = 64;

[[noreturn]] void bad_route(const Route& route, std::string_view why) {
  log::error("bad_route", {{"method", route.method}, {"pattern", route.pattern}, {"why", why}});
  std::abort();
}

bool is_blob_name(std::string_view segment) {
  const auto digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (segment.size() < kBlobDigits || !std::ranges::all_of(segment.substr(0, kBlobDigits), digit)) return false;
  return segment.size() == kBlobDigits || (segment[kBlobDigits] == '.' && segment.size() > kBlobDigits + 1);
}

/// Takes "/segment" off the front of a path.
std::string_view take_segment(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('/', 1), rest.size());
  const std::string_view segment = rest.substr(1, end - 1);
  rest.remove_prefix(end);
  return segment;
}

}  // namespace

struct Router::Node {
  std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
  std::unique_ptr<Node> blob, param, rest;
  Endpoint endpoint;
};

const Route* Endpoint::find(std::string_view method) const {
  for (const Route* route : routes_)
    if (route->method == method) return route;
  return method == "HEAD" ? find("GET") : nullptr;
}

void Endpoint::add_headers(Response& response) const {
  for (const Route* route : routes_)
    for (const auto& [name, value] : route->headers) response.headers.set(name, value);
}

Router::Router(std::vector<Route> routes) : routes_(std::move(routes)), root_(std::make_unique<Node>()) {
  for (const Route& route : routes_) insert(route);
}

Router::~Router() = default;

void Router::insert(const Route& route) {
  if (!route.pattern.starts_with('/')) bad_route(route, "a pattern starts with a slash");
  if (int{static_cast<bool>(route.handler)} + int{route.group != nullptr} + int{route.sink != nullptr} +
          int{route.websocket != nullptr} !=
      1)
    bad_route(route, "needs one of handler, group, sink and websocket");
  Node* node = root_.get();
  for (std::string_view rest = route.pattern; !rest.empty();) {
    const std::string_view segment = take_segment(rest);
    const bool braces = segment.starts_with('{') && segment.ends_with('}');
    std::unique_ptr<Node>& next = !braces                   ? node->literals[std::string(segment)]
                                  : segment.ends_with("*}") ? node->rest
                                  : segment == "{blob}"     ? node->blob
                                                            : node->param;
    if (braces && segment.ends_with("*}") && !rest.empty()) bad_route(route, "{name*} must be last");
    if (!next) next = std::make_unique<Node>();
    node = next.get();
  }
  Endpoint& endpoint = node->endpoint;
  if (std::ranges::any_of(endpoint.routes_, [&](const Route* other) { return other->method == route.method; }))
    bad_route(route, "a second route for this method and pattern");
  endpoint.routes_.push_back(&route);
  endpoint.allow_.clear();
  for (const Route* each : endpoint.routes_) {
    if (each->method == "OPTIONS") continue;  // every address answers it
    endpoint.allow_ += each->method + ", ";
    if (each->method == "GET" && endpoint.find("HEAD") == each) endpoint.allow_ += "HEAD, ";
  }
  endpoint.allow_ += "OPTIONS";
}

const Endpoint* Router::match(std::string_view path, std::vector<std::string>& params) const {
  const Node* node = match_from(*root_, path, params);
  return node ? &node->endpoint : nullptr;
}

const Router::Node* Router::match_from(const Node& node, std::string_view rest,
                                       std::vector<std::string>& params) const {
  if (rest.empty()) return node.endpoint.routes_.empty() ? nullptr : &node;
  const std::string_view whole = rest;
  const std::string_view segment = take_segment(rest);
  if (const auto found = node.literals.find(segment); found != node.literals.end())
    if (const Node* match = match_from(*found->second, rest, params)) return match;
  for (const Node* next : {node.blob.get(), node.param.get()}) {
    if (!next || (next == node.blob.get() ? !is_blob_name(segment) : segment.empty())) continue;
    params.emplace_back(segment);
    if (const Node* match = match_from(*next, rest, params)) return match;
    params.pop_back();
  }
  if (!node.rest) return nullptr;
  params.emplace_back(whole.substr(1));
  return node.rest.get();
}

}  // namespace swarma::net
