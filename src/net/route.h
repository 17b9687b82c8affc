// What an HTTP server answers, and where each answer is made.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "net/http.h"
#include "net/responder.h"
#include "net/websocket.h"

namespace swarma::net {

enum class Where { Inline, Worker, Either };

/// Answers several requests of one route, in their order: what they share (a commit) is then paid once. A responder for
/// each; those that nobody has answered when the function returns are answered later. Request and responder as in
/// net/responder.h.
using GroupHandler = std::function<void(std::span<const Request* const>, std::span<Responder>)>;
/// Called when the head of a request has arrived: an error answers at once, before the body is read.
using SinkFactory = std::function<Result<std::unique_ptr<BodySink>>(const Request& head)>;

struct Route {
  std::string method;  // "GET" also answers HEAD; an "OPTIONS" of one's own is given what CORS needs as well
  // "/v1/titles/{id}"; {blob} matches <64 lower-case hex>[.ext] only; a trailing {name*} matches the rest, also
  // nothing. Where several match, the more particular segment wins: literal, {blob}, {name}, {name*}.
  std::string pattern;
  Where where = Where::Worker;
  std::size_t max_body = 64 * 1024;
  Handler handler;
  GroupHandler group;  // instead of handler: on the loop it gets what is ready in one turn, on a worker one at a time
  SinkFactory sink;    // instead of handler: the body is streamed, max_body still holds
  WebSocketFactory websocket = {};  // instead of handler, with "GET": who does not ask for one gets 426
  WebSocketOptions websocket_options = {};
  // On every answer at this pattern, the server's own refusals included ("Tus-Resumable").
  std::vector<std::pair<std::string, std::string>> headers = {};
};

/// Turns an Error into a response (api/ gives application/problem+json). For its own refusals the server replaces the
/// status by that of own_refusal_status(), so a renderer that writes the status into the body should ask for it too.
using ErrorRenderer = std::function<Response(const Request&, const Error&)>;

/// The status of a refusal that the server makes by itself, known by its reason ("method_not_allowed": 405); 0 for
/// others.
int own_refusal_status(const Error& error);

}  // namespace swarma::net
