// From a request head to a Response: target, route, body, handler.
#include <algorithm>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>

#include "base/log.h"
#include "base/no_waiting.h"
#include "net/connection.h"
#include "net/http_syntax.h"
#include "net/late_answer.h"
#include "net/response_writer.h"
#include "net/websocket_handshake.h"

namespace swarma::net {
namespace {

constexpr asio::use_awaitable_t<Executor> kAwait;

/// Runs `work` on a thread of the pool and comes back to the loop. What `work` refers to must live in the awaiting
/// frame.
template <class Work>
Task<> run_on(WorkerPool& pool, Executor executor, Work& work) {
  auto start = [&pool, executor, &work](auto handler) {
    pool.post([handler = std::move(handler), executor, &work]() mutable {
      work();
      asio::post(executor, std::move(handler));
    });
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<Executor>&, void()>(std::move(start), kAwait);
}

/// What a handler throws is a bug of ours: logged, and answered as one.
template <class Call>
auto guarded(const Route& route, Call call) -> Result<decltype(call())> {
  std::string what;
  try {
    return call();
  } catch (const std::exception& error) {
    what = error.what();
  } catch (...) {
    what = "not an exception object";
  }
  log::error("handler_failed", {{"method", route.method}, {"route", route.pattern}, {"what", what}});
  return fail(ErrorCode::Internal, "internal",
              "Something went wrong inside this node. Its log has the details; please report it.");
}

/// What a factory of the route makes, on the thread that the route asks for.
template <class Product>
Task<Result<Product>> open_by(Loop& loop, const Route& route,
                              const std::function<Result<Product>(const Request&)>& factory, const Request& request) {
  Result<Product> product;
  auto open = [&] {
    auto made = guarded(route, [&] { return factory(request); });
    product = made ? std::move(*made) : std::unexpected(std::move(made).error());
  };
  if (route.where == Where::Inline)
    open();
  else
    co_await run_on(loop.shared.workers, loop.executor(), open);
  co_return product;
}

/// Runs `work`, which returns the response or null if it is to come, on the loop. False if a worker has to do it once
/// more, because it would have had to wait.
template <class Work>
bool run_here(const Route& route, Work& work) {
  if (route.where == Where::Worker) return false;
  if (route.where == Where::Inline) {
    work();
    return true;
  }
  const NoWaiting no_waiting;
  const Result<Response>* response = work();
  return !no_waiting.was_refused() || response == nullptr || !would_wait(response);
}

constexpr std::chrono::seconds kLook{1};  // how late it is seen that a client has gone that waits for an answer

bool is_known_method(std::string_view method) {
  static constexpr std::string_view kKnown[] = {"GET",   "HEAD",    "POST",  "PUT",     "DELETE",
                                                "PATCH", "OPTIONS", "TRACE", "CONNECT", "QUERY"};
  return std::ranges::find(kKnown, method) != std::end(kKnown);
}

/// A change asked for under a condition that no route evaluates must not be made (RFC 9110, 13.1.1).
bool is_conditional_change(const Request& request) {
  return request.method != "GET" && request.method != "HEAD" &&
         (request.headers.count("if-match") > 0 || request.headers.count("if-unmodified-since") > 0);
}

struct Target {
  std::string_view authority;  // of the absolute form, else empty
  std::string_view path, query;
};

/// origin-form, absolute-form or "*" (RFC 9112, 3.2).
Result<Target> split_target(std::string_view target) {
  Target out;
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (target.size() < scheme.size() || !equals_ignoring_case(target.substr(0, scheme.size()), scheme)) continue;
    target.remove_prefix(scheme.size());
    const std::size_t end = std::min(target.find_first_of("/?"), target.size());
    out.authority = target.substr(0, end);
    target.remove_prefix(end);
    if (!is_valid_host(out.authority))
      return fail(ErrorCode::BadRequest, "bad_host", "The address in the request line is not one.");
    break;
  }
  target = target.substr(0, target.find('#'));
  const std::size_t question = std::min(target.find('?'), target.size());
  out.path = target.substr(0, question);
  out.query = target.substr(std::min(question + 1, target.size()));
  if (out.path.empty() && !out.authority.empty()) out.path = "/";
  return out;
}

}  // namespace

GroupAnswers call_group(const Group& group, const std::shared_ptr<Mailbox>& mailbox) {
  GroupAnswers answers;
  std::vector<Responder> responders;
  responders.reserve(group.requests.size());
  for (std::size_t i = 0; i < group.requests.size(); ++i) {
    answers.push_back(std::make_shared<LateAnswer>(mailbox));
    responders.emplace_back(answers.back());
  }
  const auto called = guarded(*group.route, [&] { return group.route->group(group.requests, responders), true; });
  if (!called) {
    for (auto& answer : answers) {
      answer = std::make_shared<LateAnswer>(mailbox);  // whatever was said on the way out does not count
      answer->deliver(std::unexpected(called.error()));
    }
  }
  return answers;
}

Result<void> Connection::fill_request(Exchange& exchange) const {
  RequestHead& head = exchange.parser.head();
  Request& request = exchange.request;
  request.method = std::move(head.method);
  request.headers = std::move(head.headers);
  request.remote_address = client_address(request.headers);
  SWARMA_TRY(const Target target, split_target(head.target));
  const std::string_view host = target.authority.empty() ? request.headers.get("host") : target.authority;
  if (!host.empty() && !is_valid_host(host))
    return fail(ErrorCode::BadRequest, "bad_host", "The Host header does not hold a host.");
  const ServerOptions& options = loop_.shared.options;
  const std::string_view scheme = loop_.shared.options.certificate_file.empty() ? "http://" : "https://";
  request.local_url = local_url(scheme);
  if (!options.public_url.empty()) {
    request.base_url = options.public_url;
  } else {
    request.base_url = scheme;
    request.base_url += host.empty() ? std::string_view("localhost") : host;
  }
  request.query = target.query;
  SWARMA_RETURN_IF_ERROR(check_query(request.query));
  if (target.path == "*" && request.method == "OPTIONS") {
    request.path = "*";
    return {};
  }
  SWARMA_TRY(request.path, normalise_path(target.path));
  return {};
}

std::string Connection::local_url(std::string_view scheme) const {
  asio::error_code gone;
  const auto endpoint = socket_.local_endpoint(gone);
  if (gone) return {};
  asio::ip::address address = endpoint.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  const std::string host = address.is_v6() ? "[" + address.to_string() + "]" : address.to_string();
  return std::string(scheme) + host + ":" + std::to_string(endpoint.port());
}

/// Behind trusted proxies: the last address in X-Forwarded-For that is not one of them.
std::string Connection::client_address(const Headers& headers) const {
  const auto& trusted = loop_.shared.options.trusted_proxies;
  if (trusted.empty() || std::ranges::find(trusted, address_) == trusted.end()) return address_;
  std::vector<std::string> chain;
  for (const auto& [name, value] : headers.all())
    if (equals_ignoring_case(name, "x-forwarded-for"))
      any_list_element(value, [&](std::string_view element) { return chain.emplace_back(element), false; });
  std::string client = address_;
  while (!chain.empty() && std::ranges::find(trusted, client) != trusted.end()) {
    asio::error_code not_an_address;
    const auto address = asio::ip::make_address(chain.back(), not_an_address);
    if (not_an_address) break;
    client = address.to_string();
    chain.pop_back();
  }
  return client;
}

Connection::Answer Connection::refuse(const Exchange& exchange, const Error& error, bool keep_alive) const {
  return Answer{loop_.shared.render(exchange.request, error), keep_alive};
}

Task<Connection::Answer> Connection::answer(Exchange& exchange) {
  const bool keep_alive = true;
  if (Result<void> filled = fill_request(exchange); !filled) co_return refuse(exchange, filled.error(), keep_alive);
  Request& request = exchange.request;
  if (!is_known_method(request.method)) {
    const Error error{ErrorCode::Unsupported, "method_not_implemented",
                      "This server does not know the method " + request.method + "."};
    co_return refuse(exchange, error, keep_alive);
  }
  if (request.path == "*") {
    Response everywhere{.status = 204};
    add_preflight(everywhere, "GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS");
    co_return Answer{std::move(everywhere), keep_alive};
  }
  const Endpoint* endpoint = loop_.shared.router.match(request.path, request.path_params);
  if (!endpoint) {
    const Error error{ErrorCode::NotFound, "no_such_address", "There is nothing at this address."};
    co_return refuse(exchange, error, keep_alive);
  }
  Answer answered = co_await answer_endpoint(exchange, *endpoint);
  if (answered.response) endpoint->add_headers(*answered.response);
  co_return answered;
}

Task<Connection::Answer> Connection::answer_endpoint(Exchange& exchange, const Endpoint& endpoint) {
  const Request& request = exchange.request;
  const Route* route = endpoint.find(request.method);
  if (request.method == "OPTIONS") {
    Answer answered = route ? co_await answer_route(exchange, *route) : Answer{Response{.status = 204}, true};
    if (answered.response) add_preflight(*answered.response, endpoint.allow());
    co_return answered;
  }
  if (!route) {
    const Error error{ErrorCode::Unsupported, "method_not_allowed",
                      "This address answers " + endpoint.allow() + " only."};
    Answer refusal = refuse(exchange, error, true);
    refusal.response->headers.set("Allow", endpoint.allow());
    co_return refusal;
  }
  if (is_conditional_change(request)) {
    const Error error{ErrorCode::Conflict, "precondition_failed",
                      "Changes here take no If-Match or If-Unmodified-Since, so nothing was done; leave them out."};
    co_return refuse(exchange, error, false);
  }
  co_return co_await answer_route(exchange, *route);
}

Task<Connection::Answer> Connection::answer_route(Exchange& exchange, const Route& route) {
  if (route.websocket) co_return co_await open_websocket(exchange, route);
  RequestParser& parser = exchange.parser;
  const RequestHead& head = parser.head();
  if (head.has_body && head.content_length.value_or(0) > route.max_body) {
    const Error error{ErrorCode::TooLarge, "body_too_large",
                      "The body may have at most " + std::to_string(route.max_body) + " bytes here."};
    co_return refuse(exchange, error, false);
  }
  if (head.has_body) parser.limit_body(route.max_body);
  if (route.sink) co_return co_await run_sink(exchange, route);
  if (head.has_body) {
    if (!co_await allow_body(exchange)) co_return Answer{};
    const ReadResult body = co_await read_until(exchange, Goal::Whole);
    if (body.ending == Ending::Gone) co_return Answer{};
    if (body.error) co_return refuse(exchange, *body.error, false);
    exchange.request.body = std::move(parser.body());
  }
  co_return co_await run_handler(exchange, route);
}

Task<Connection::Answer> Connection::run_handler(Exchange& exchange, const Route& route) {
  const Request& request = exchange.request;
  std::optional<Result<Response>> answered = co_await call(request, route);
  if (!answered) co_return Answer{};
  Result<Response>& response = *answered;
  if (!response) co_return refuse(exchange, response.error(), true);
  const std::uint64_t size = body_length(*response);
  if (Result<void> fits = apply_conditions(request, *response); !fits) {
    Answer refusal = refuse(exchange, fits.error(), true);
    if (fits.error().reason == "range_not_satisfiable")
      refusal.response->headers.set("Content-Range", "bytes */" + std::to_string(size));
    co_return refusal;
  }
  co_return Answer{std::move(*response), true};
}

/// Nothing when the client went away before the answer came.
Task<std::optional<Result<Response>>> Connection::call(const Request& request, const Route& route) {
  if (route.group) co_return co_await wait_for(co_await run_group(request, route));
  if (route.handler.later()) co_return co_await call_later(request, route);
  Result<Response> response;
  auto work = [&]() -> const Result<Response>* {
    response = guarded(route, [&] { return route.handler.now()(request); });
    return &response;
  };
  if (!run_here(route, work)) co_await run_on(loop_.shared.workers, loop_.executor(), work);
  co_return response;
}

Task<std::optional<Result<Response>>> Connection::call_later(const Request& request, const Route& route) {
  std::shared_ptr<LateAnswer> late;
  auto work = [&] {
    late = std::make_shared<LateAnswer>(loop_.mailbox());
    const auto called = guarded(route, [&] { return route.handler.later()(request, Responder(late)), true; });
    if (!called) {
      late = std::make_shared<LateAnswer>(loop_.mailbox());  // whatever was said on the way out does not count
      late->deliver(std::unexpected(called.error()));
    }
    return late->find();
  };
  if (!run_here(route, work)) co_await run_on(loop_.shared.workers, loop_.executor(), work);
  co_return co_await wait_for(std::move(late));
}

Task<std::optional<Result<Response>>> Connection::wait_for(std::shared_ptr<LateAnswer> late) {
  if (late->find() != nullptr) co_return late->take();
  Timer timer(loop_.executor());
  late->set_timer(&timer);
  while (late->find() == nullptr && !abandoned_ && !peer_hung_up()) {
    timer.expires_after(kLook);
    asio::error_code woken;
    co_await timer.async_wait(asio::redirect_error(kAwait, woken));
  }
  late->set_timer(nullptr);
  if (late->find() == nullptr) co_return std::nullopt;
  co_return late->take();
}

Task<std::shared_ptr<LateAnswer>> Connection::run_group(const Request& request, const Route& route) {
  std::shared_ptr<LateAnswer> answer;
  if (route.where != Where::Worker) {
    auto join = [this, &request, &route, &answer](auto handler) {
      loop_.join_group(route, request,
                       [handler = std::move(handler), &answer](std::shared_ptr<LateAnswer> given) mutable {
                         answer = std::move(given);
                         std::move(handler)();
                       });
    };
    co_await asio::async_initiate<const asio::use_awaitable_t<Executor>&, void()>(std::move(join), kAwait);
  } else {
    const Group alone{&route, {&request}, {}};
    auto work = [&] { answer = std::move(call_group(alone, loop_.mailbox()).front()); };
    co_await run_on(loop_.shared.workers, loop_.executor(), work);
  }
  co_return answer;
}

/// The answer to the handshake; run() goes on from there.
Task<Connection::Answer> Connection::open_websocket(Exchange& exchange, const Route& route) {
  const Request& request = exchange.request;
  Result<Response> accepted = accept_upgrade(request, exchange.parser.head(), route.websocket_options);
  if (!accepted) {
    Answer refusal = refuse(exchange, accepted.error(), !exchange.parser.head().has_body);
    if (accepted.error().reason == "upgrade_required") {
      refusal.response->headers.set("Upgrade", "websocket");
      refusal.response->headers.set("Sec-WebSocket-Version", "13");
    }
    co_return refusal;
  }
  Result<std::unique_ptr<WebSocketSession>> session = co_await open_by(loop_, route, route.websocket, request);
  if (!session) co_return refuse(exchange, session.error(), true);
  const WebSocketOptions& options = route.websocket_options;
  websocket_ = std::make_unique<WebSocketConnection>(WebSocketSide::Server, options,
                                                     choose_subprotocol(request, options), *std::move(session));
  co_return Answer{*std::move(accepted), true};
}

Task<Connection::Answer> Connection::run_sink(Exchange& exchange, const Route& route) {
  const Request& request = exchange.request;
  Result<std::unique_ptr<BodySink>> sink = co_await open_by(loop_, route, route.sink, request);
  if (!sink) co_return refuse(exchange, sink.error(), true);
  if (exchange.parser.head().has_body) {
    if (!co_await allow_body(exchange)) co_return Answer{};
    const ReadResult poured = co_await pour_body(exchange, route, **sink);
    if (poured.ending == Ending::Gone) co_return Answer{};
    if (poured.error) co_return refuse(exchange, *poured.error, exchange.parser.done());
  }
  Result<Response> response;
  auto finish = [&] { response = guarded(route, [&] { return (*sink)->finish(request); }); };
  if (route.where == Where::Inline)
    finish();
  else
    co_await run_on(loop_.shared.workers, loop_.executor(), finish);
  if (!response) co_return refuse(exchange, response.error(), true);
  co_return Answer{std::move(*response), true};
}

/// Piece by piece: the next is read only when the sink has taken the last, so a slow disk slows the client down.
Task<Connection::ReadResult> Connection::pour_body(Exchange& exchange, const Route& route, BodySink& sink) {
  RequestParser& parser = exchange.parser;
  do {
    ReadResult read = co_await read_until(exchange, Goal::Piece);
    if (read.ending != Ending::Ready) co_return read;
    Result<void> written;
    auto work = [&] {
      auto result = guarded(route, [&] { return sink.write(view(parser.body())); });
      written = result ? std::move(*result) : std::unexpected(std::move(result).error());
    };
    if (route.where == Where::Inline)
      work();
    else
      co_await run_on(loop_.shared.workers, loop_.executor(), work);
    parser.body().clear();
    if (!written) co_return ReadResult{Ending::Refused, std::move(written).error()};
  } while (!parser.done());
  co_return ReadResult{};
}

/// Sends "100 Continue" if the client waits for it. False if it has gone.
Task<bool> Connection::allow_body(Exchange& exchange) {
  const RequestHead& head = exchange.parser.head();
  if (!head.expects_continue || head.http_1_0 || !pending_.empty()) co_return true;
  co_return co_await write_all("HTTP/1.1 100 Continue\r\n\r\n", {}, false);
}

}  // namespace swarma::net
