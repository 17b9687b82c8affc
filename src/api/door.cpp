#include "api/door.h"

#include "api/problem.h"
#include "base/log.h"
#include "crypto/hash.h"

namespace swarma::api {

std::string body_digest(const net::Request& request) {
  return request.body.empty() ? std::string() : to_base64url(crypto::sha256(view(request.body)));
}

net::Response Door::dress(net::Response response, std::string_view reason) const {
  response.headers.set("DPoP-Nonce", p_.nonces.current(p_.clock.now()));
  if (response.status == 401)
    response.headers.set("WWW-Authenticate",
                         "DPoP error=\"" +
                             std::string(reason == "use_dpop_nonce" ? "use_dpop_nonce" : "invalid_dpop_proof") +
                             "\", algs=\"EdDSA\"");
  return response;
}

net::Response Door::refuse(const Error& error) const {
  if (error.reason == "disk_full") p_.disk.note_full();
  return dress(problem_response(error), error.reason);
}

Result<Caller> Door::admit(const net::Request& request, const Entry& entry) const {
  if (entry.auth == Auth::Anybody) return Caller{};
  if (!entry.digest) return admit(request, entry.auth, body_digest(request));
  SWARMA_TRY(const std::string digest, entry.digest(request));
  return admit(request, entry.auth, digest);
}

namespace {

/// Absent where the request carries none or the route takes none.
std::optional<once::IdempotencyKey> key_of(const Entry& entry, const Call& call) {
  const std::string_view header = call.request.headers.get("Idempotency-Key");
  if (!entry.repeatable || header.empty()) return std::nullopt;
  return once::IdempotencyKey{.key = std::string(header),
                              .route = call.request.method + " " + call.request.path,
                              .viewer = call.caller.jkt,
                              .body_digest = call.caller.body_digest};
}

}  // namespace

net::Response Door::answer(const Entry& entry, const net::Request& request) const {
  if (entry.first)
    if (auto early = entry.first(request)) return dress(*std::move(early), {});
  Result<net::Response> result = [&]() -> Result<net::Response> {
    SWARMA_TRY(const Caller caller, admit(request, entry));
    const Call call{request, caller};
    if (const auto key = key_of(entry, call)) return answer_once(entry, call, *key);
    if (entry.auth != Auth::Anybody) SWARMA_RETURN_IF_ERROR(once::record_proof(p_.database, caller.proof));
    return entry.handler(call);
  }();
  return result ? dress(*std::move(result), {}) : refuse(result.error());
}

Result<std::optional<net::Response>> Door::find_before(const Call& call, const once::IdempotencyKey& key) const {
  SWARMA_TRY(const auto before, p_.answers.begin(key));
  // The answer to a repetition is for whoever proves again that it is theirs: it may hold a link or a token.
  Result<void> fresh = once::record_proof(p_.database, call.caller.proof);
  if (!fresh && !before) keep(key, std::unexpected(fresh.error()));
  SWARMA_RETURN_IF_ERROR(fresh);
  if (!before) return std::nullopt;
  net::Response response;
  response.status = before->status;
  response.headers.set("Content-Type", before->content_type);
  response.headers.set("Idempotency-Replayed", "true");
  response.body = before->body;
  return response;
}

/// A refusal may be repeated with other proofs; only what was done is kept.
void Door::keep(const once::IdempotencyKey& key, const Result<net::Response>& response) const {
  const auto* body = response ? std::get_if<std::string>(&response->body) : nullptr;
  const Result<void> kept =
      response && response->status < 300 && body != nullptr
          ? p_.answers.finish(key, {response->status, std::string(response->headers.get("Content-Type")), *body})
          : p_.answers.abandon(key);
  if (!kept) log::warning("idempotency_not_kept", {{"reason", kept.error().reason}});
}

Result<net::Response> Door::answer_once(const Entry& entry, const Call& call, const once::IdempotencyKey& key) const {
  SWARMA_TRY(auto before, find_before(call, key));
  if (before) return *std::move(before);
  Result<net::Response> response = entry.handler(call);
  keep(key, response);
  return response;
}

void Door::answer_later(const Entry& entry, const net::Request& request, net::Responder responder) const {
  const auto caller = admit(request, entry);
  if (!caller) return responder.answer(refuse(caller.error()));
  const Call call{request, *caller};
  const auto key = key_of(entry, call);
  if (key) {
    auto before = find_before(call, *key);
    if (!before) return responder.answer(refuse(before.error()));
    if (*before) return responder.answer(dress(**std::move(before), {}));
  } else if (entry.auth != Auth::Anybody) {
    if (const auto fresh = once::record_proof(p_.database, caller->proof); !fresh)
      return responder.answer(refuse(fresh.error()));
  }
  entry.later(call, [this, key, responder = std::move(responder)](Result<net::Response> response) mutable {
    if (key) keep(*key, response);
    responder.answer(response ? dress(*std::move(response), {}) : refuse(response.error()));
  });
}

net::Handler Door::guard(Entry entry) const {
  return [this, entry = std::move(entry)](const net::Request& request) { return answer(entry, request); };
}

net::Handler Door::guard_later(Entry entry) const {
  return [this, entry = std::move(entry)](const net::Request& request, net::Responder responder) {
    answer_later(entry, request, std::move(responder));
  };
}

net::GroupHandler Door::guard_group(Entry entry) const {
  return [this, entry = std::move(entry)](std::span<const net::Request* const> requests,
                                          std::span<net::Responder> responders) {
    std::vector<Caller> callers;
    std::vector<Call> calls;
    std::vector<ApiDone> done;
    callers.reserve(requests.size());  // calls refer to them
    for (std::size_t i = 0; i < requests.size(); ++i) {
      auto caller = admit(*requests[i], entry);
      if (!caller) {
        responders[i].answer(refuse(caller.error()));
        continue;
      }
      callers.push_back(*std::move(caller));
      calls.push_back({*requests[i], callers.back()});
      done.push_back([this, responder = std::move(responders[i])](Result<net::Response> response) mutable {
        responder.answer(response ? dress(*std::move(response), {}) : refuse(response.error()));
      });
    }
    entry.group(calls, done);
  };
}

net::SinkFactory Door::guard_sink(Entry entry) const {
  return [this, entry = std::move(entry)](const net::Request& head) -> Result<std::unique_ptr<net::BodySink>> {
    SWARMA_TRY(const Caller caller, admit(head, entry));
    SWARMA_RETURN_IF_ERROR(once::record_proof(p_.database, caller.proof));
    return entry.sink(Call{head, caller});
  };
}

std::vector<net::Route> Door::open(Table table) const {
  // With SQLite on the loop, and on a worker when it would have to wait there; elsewhere on a worker.
  const net::Where sql = p_.database.is_postgresql() ? net::Where::Worker : net::Where::Either;
  std::vector<net::Route> routes;
  for (Entry& entry : table) {
    net::Route route{.method = entry.method, .pattern = entry.pattern};
    route.where = entry.runs == Runs::Inline ? net::Where::Inline : entry.runs == Runs::Sql ? sql : net::Where::Worker;
    route.max_body = entry.max_body;
    route.headers = entry.headers;
    if (entry.plain)
      route.handler = std::move(entry.plain);
    else if (entry.websocket)
      route.websocket = std::move(entry.websocket), route.websocket_options = std::move(entry.websocket_options);
    else if (entry.group)
      route.group = guard_group(std::move(entry));
    else if (entry.later)
      route.handler = guard_later(std::move(entry));
    else if (entry.sink)
      route.sink = guard_sink(std::move(entry));
    else
      route.handler = guard(std::move(entry));
    routes.push_back(std::move(route));
  }
  return routes;
}

}  // namespace swarma::api
