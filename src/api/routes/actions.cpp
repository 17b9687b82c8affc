#include "api/routes/actions.h"

#include <nlohmann/json.hpp>

#include "access/attest/guesser.h"
#include "api/html.h"
#include "api/problem.h"

namespace swarma::api {
namespace {

using access::attest::Guest;
using access::attest::IssuedAttestation;
using access::attest::StartAction;
using access::attest::StartedAction;
using access::grant::PreparedTitle;

std::shared_ptr<Guest> guest_of(const net::Request& request) {
  return std::make_shared<Guest>(Guest{.network = access::attest::network_of(request.remote_address)});
}

/// A title of this node; or one of another node, whose creator has to name this node's verifiers for it.
Result<std::shared_ptr<const PreparedTitle>> find_title(const ActionRoutes& with, const TitleId& id,
                                                        const std::string& record) {
  auto known = with.titles.get(id);
  if (known || record.empty() || known.error().code != ErrorCode::NotFound) return known;
  SWARMA_TRY(auto brought, access::grant::prepare_title({record, ""}));
  if (brought->record.id != id)
    return fail(ErrorCode::BadRequest, "bad_member", "\"record\" is of another title than \"title_id\" names.");
  if (!brought->policy.accepts_issuer(with.issuer, {}))
    return fail(ErrorCode::Forbidden, "issuer_not_trusted",
                "This title is not of this node, and its terms do not allow attestations by " + with.issuer + ".");
  return brought;
}

Result<StartAction> read_start(const ActionRoutes& with, const Call& call) {
  SWARMA_TRY(const Json body, parse_body(call.request));
  const JsonReader reader(body, "request");
  SWARMA_RETURN_IF_ERROR(reader.only({"title_id", "requirement", "key", "record"}));
  SWARMA_TRY(const std::string id_text, reader.text("title_id", 26));
  SWARMA_TRY(const TitleId id, TitleId::parse(id_text));
  SWARMA_TRY(const std::string requirement, reader.text("requirement", 32));
  SWARMA_TRY(const std::string key, reader.text("key", 16));
  SWARMA_TRY(const std::string record, reader.text_or("record", title::kMaxRecordBytes, ""));
  SWARMA_TRY(const auto title, find_title(with, id, record));
  const access::policy::Leaf* leaf = title->policy.find_leaf(key);
  if (leaf == nullptr || to_string(leaf->requirement) != requirement)
    return fail(ErrorCode::Conflict, "requirement_unknown",
                "The title's terms have no such requirement (any more). Ask for its offer again.");
  return StartAction{id, title->record.creator, *leaf, call.caller.jkt, call.caller.base_url, guest_of(call.request)};
}

void start(const ActionRoutes& with, const Call& call, ApiDone done) {
  auto order = read_start(with, call);
  if (!order) return done(std::unexpected(std::move(order).error()));
  with.actions.start(*std::move(order), [done = std::move(done)](Result<StartedAction> started) mutable {
    if (!started) return done(std::unexpected(std::move(started).error()));
    auto challenge = parse_json(started->challenge);
    if (!challenge) return done(std::unexpected(std::move(challenge).error()));
    done(json_response(200, {{"action_id", started->action_id},
                             {"requirement", std::string(to_string(started->requirement))},
                             {"challenge", *std::move(challenge)},
                             {"expires_at", started->expires_at.unix_s()}}));
  });
}

/// The id and the named object of a body {"action_id", name}.
Result<std::pair<std::string, Json>> read_message(const net::Request& request, const char* name) {
  SWARMA_TRY(const Json body, parse_body(request));
  const JsonReader reader(body, "request");
  SWARMA_RETURN_IF_ERROR(reader.only({"action_id", name}));
  SWARMA_TRY(std::string action_id, reader.text("action_id", 64));
  SWARMA_TRY(const Json* message, reader.object(name));
  return std::pair(std::move(action_id), *message);
}

void complete(const ActionRoutes& with, const Call& call, ApiDone done) {
  const auto message = read_message(call.request, "response");
  if (!message) return done(std::unexpected(message.error()));
  const auto guest = guest_of(call.request);
  with.actions.complete(message->first, {call.caller.jkt, guest}, message->second,
                        [guest, &door = with.door, done = std::move(done)](Result<IssuedAttestation> issued) mutable {
                          net::Response answer =
                              issued ? json_response(200, {{"attestation", issued->jws}}) : door.refuse(issued.error());
                          answer.hold = guest->hold;
                          done(std::move(answer));
                        });
}

void go_on(const ActionRoutes& with, const Call& call, ApiDone done) {
  const auto message = read_message(call.request, "message");
  if (!message) return done(std::unexpected(message.error()));
  with.actions.note(message->first, {call.caller.jkt, guest_of(call.request)}, message->second,
                    [done = std::move(done)](Result<Json> reply) mutable {
                      if (!reply) return done(std::unexpected(std::move(reply).error()));
                      done(json_response(200, {{"reply", *std::move(reply)}}));
                    });
}

constexpr std::size_t kMaxReturned = 32;  // parameters

Result<Json> read_returned(std::string_view form) {
  SWARMA_TRY(const auto parameters, net::read_form(form, kMaxReturned));
  Json returned = Json::object();
  for (const auto& [name, value] : parameters) returned[name] = value;
  return returned;
}

net::Response return_page(int status, std::string_view heading, std::string_view body) {
  net::Response page = html_response(heading, body);
  page.status = status;
  page.headers.set("Cache-Control", "no-store");
  return page;
}

net::Response done_page() {
  return return_page(200, "Done", "<p>Close this window and go back to the film: it goes on by itself.</p>");
}

net::Response failure_page(const Error& error) {
  return return_page(http_status(error), "This did not work", "<p>" + escape_html(error.message) + "</p>");
}

/// A verifier that is asked by GET may want a person to press a button first: {"heading","sentence","button"}. The
/// button posts what the address held.
net::Response question_page(const std::string& key, const Json& returned, const Json& question) {
  std::string body = "<p>" + escape_html(question.value("sentence", "")) +
                     "</p><form method=\"post\" action=\"return/" + net::percent_encode(key) + "\">";
  for (const auto& [name, value] : returned.items())
    if (name != "state")
      body += "<input type=\"hidden\" name=\"" + escape_html(name) + "\" value=\"" +
              escape_html(value.get_ref<const std::string&>()) + "\">";
  body += "<button>" + escape_html(question.value("button", "")) + "</button></form>";
  net::Response page = return_page(200, question.value("heading", ""), body);
  page.headers.set("Content-Security-Policy",
                   "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; "
                   "frame-ancestors 'none'");
  return page;
}

/// By a wallet, a server, or the button of question_page(): a form, or a JSON object.
void take_return(const ActionRoutes& with, const Call& call, ApiDone done) {
  const net::Request& request = call.request;
  const bool is_form = request.headers.get("Content-Type").starts_with("application/x-www-form-urlencoded");
  const bool by_browser = is_form && request.headers.get("Accept").contains("text/html");
  const auto returned = is_form ? read_returned(request.body) : parse_body(request);
  if (!returned) return done(std::unexpected(returned.error()));
  with.actions.note_return(request.path_params.front(), {{}, guest_of(request)},
                           {{"method", "POST"}, {"returned", *returned}},
                           [by_browser, done = std::move(done)](Result<Json> reply) mutable {
                             if (by_browser) return done(reply ? done_page() : failure_page(reply.error()));
                             if (!reply) return done(std::unexpected(std::move(reply).error()));
                             done(json_response(200, *reply));
                           });
}

/// By a browser that a provider sends back: the key is in `state`, as OAuth has it, and people read the answer.
void take_redirect(const ActionRoutes& with, const Call& call, ApiDone done) {
  auto returned = read_returned(call.request.query);
  if (!returned) return done(std::unexpected(std::move(returned).error()));
  const std::string key = returned->value("state", "");
  const Json message = {{"method", "GET"}, {"returned", *returned}};
  with.actions.note_return(
      key, {{}, guest_of(call.request)}, message,
      [key, returned = *std::move(returned), done = std::move(done)](Result<Json> reply) mutable {
        if (!reply) return done(failure_page(reply.error()));
        done(reply->contains("ask") ? question_page(key, returned, reply->at("ask")) : done_page());
      });
}

}  // namespace

Table routes(const ActionRoutes& with) {
  // On workers: they write several times, and checking a code is slow on purpose (Argon2id).
  return {{.method = "POST",
           .pattern = "/v1/actions/start",
           .auth = Auth::Viewer,
           .repeatable = true,
           .later = later(with, start)},
          {.method = "POST",
           .pattern = "/v1/actions/continue",
           .auth = Auth::Viewer,
           .repeatable = true,
           .later = later(with, go_on)},
          {.method = "POST",
           .pattern = "/v1/actions/complete",
           .auth = Auth::Viewer,
           .repeatable = true,
           .later = later(with, complete)},
          {.method = "POST", .pattern = "/v1/actions/return/{key}", .later = later(with, take_return)},
          {.method = "GET", .pattern = "/v1/actions/return", .later = later(with, take_redirect)}};
}

}  // namespace swarma::api
