#include "access/attest/oauth_provider.h"

#include <nlohmann/json.hpp>

#include "base/log.h"
#include "crypto/hash.h"

namespace swarma::access::attest {
namespace {

constexpr std::size_t kMaxUrl = 2048;
constexpr std::size_t kMaxTokenBytes = 32 * 1024;
constexpr std::size_t kMaxDocumentBytes = 256 * 1024;
constexpr std::chrono::seconds kTryAgain{10};

std::string_view origin_of(std::string_view url) {
  return url.substr(0, url.find('/', std::string_view("https://").size()));
}

bool is_plain(std::string_view url) {
  return url.size() <= kMaxUrl && std::ranges::all_of(url, [](char c) { return c > ' ' && c < 127 && c != '#'; });
}

/// application/x-www-form-urlencoded.
std::string write_form(std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
  std::string out;
  for (const auto& [name, value] : fields)
    out += (out.empty() ? "" : "&") + std::string(name) + "=" + net::percent_encode(value);
  return out;
}

std::string to_base64(std::string_view text) {
  std::string out = to_base64url(view(text));
  std::ranges::replace(out, '-', '+');
  std::ranges::replace(out, '_', '/');
  out.append((4 - out.size() % 4) % 4, '=');
  return out;
}

std::string fill(std::string url, const std::string& target) {
  constexpr std::string_view kPlace = "{target}";
  const std::string value = net::percent_encode(target);
  for (std::size_t at = url.find(kPlace); at != url.npos; at = url.find(kPlace, at + value.size()))
    url.replace(at, kPlace.size(), value);
  return url;
}

bool lists(const Json& json, const char* name, std::string_view wanted) {
  const auto found = json.find(name);
  return found != json.end() && found->is_array() && std::ranges::find(*found, Json(wanted)) != found->end();
}

}  // namespace

struct OauthProvider::Metadata {
  std::string authorize, token, keys;
  bool names_itself = false;    // sends "iss" along (RFC 9207)
  bool secret_in_body = false;  // takes the client's secret in the form only
};

struct OauthProvider::Tokens {
  std::string access, id;
};

/// A code on its way to an account.
struct OauthProvider::Redeeming {
  SignIn sign_in;
  Returned returned;
  Deed deed;
  Instant now;
  MetadataPointer metadata;
  Tokens tokens;
  Done<std::string> done;
};

std::unexpected<Error> OauthProvider::unavailable(std::string_view what) const {
  log::warning("oauth_unavailable", {{"network", adapter_.network}, {"reason", std::string(what)}});
  return fail(ErrorCode::Unavailable, "oauth_unavailable",
              "The platform " + adapter_.network + " cannot be asked right now: try again in a moment.", kTryAgain);
}

/// What the provider names on hosts of others must not lead inside.
net::Reach OauthProvider::reach_of(const std::string& url) const {
  return origin_of(url) == origin_of(adapter_.issuer) ? net::Reach::Anywhere : net::Reach::Public;
}

void OauthProvider::ask(net::OutboundRequest request, net::Reach reach, Done<net::OutboundResponse> done) {
  outbound_.send(
      std::move(request), {.reach = reach, .max_response_bytes = kMaxDocumentBytes},
      [self = shared_from_this(), done = std::move(done)](auto response) mutable {
        self->run_([done = std::move(done), response = std::move(response)]() mutable { done(std::move(response)); });
      });
}

Result<OauthProvider::MetadataPointer> OauthProvider::read_metadata(
    const Result<net::OutboundResponse>& response) const {
  if (!response) return unavailable("its description: " + response.error().reason);
  if (response->status != 200) return unavailable("its description: status " + std::to_string(response->status));
  const auto json = parse_json(response->body);
  if (!json || !json->is_object()) return unavailable("its description is no JSON object");
  const JsonReader reader(*json, "description");
  if (reader.text("issuer", kMaxUrl).value_or("") != adapter_.issuer)
    return unavailable("its description names another issuer");
  Metadata metadata;
  for (const auto& [name, place] :
       {std::pair("authorization_endpoint", &metadata.authorize), std::pair("token_endpoint", &metadata.token),
        std::pair("jwks_uri", &metadata.keys)}) {
    *place = reader.text(name, kMaxUrl).value_or("");
    const bool safe = place->starts_with("https://") || origin_of(*place) == origin_of(adapter_.issuer);
    if (place->empty() || !safe || !is_plain(*place))
      return unavailable(std::string("its ") + name + " is no https address");
  }
  if (!lists(*json, "code_challenge_methods_supported", "S256")) return unavailable("it does not know PKCE with S256");
  metadata.names_itself = reader.boolean_or("authorization_response_iss_parameter_supported", false).value_or(false);
  metadata.secret_in_body = json->contains("token_endpoint_auth_methods_supported") &&
                            !lists(*json, "token_endpoint_auth_methods_supported", "client_secret_basic");
  return std::make_shared<const Metadata>(std::move(metadata));
}

// What was fetched in the future is of before the clock was set back.

OauthProvider::MetadataPointer OauthProvider::kept_metadata(Instant now) {
  const std::lock_guard lock(mutex_);
  return metadata_at_ <= now && now - metadata_at_ < kMetadataFresh ? metadata_ : nullptr;
}

OauthProvider::Keys OauthProvider::kept_keys(Instant now, std::chrono::seconds life) {
  const std::lock_guard lock(mutex_);
  return keys_at_ <= now && now - keys_at_ < life ? keys_ : nullptr;
}

void OauthProvider::metadata(Instant now, Done<MetadataPointer> done) {
  if (auto kept = kept_metadata(now)) return done(std::move(kept));
  std::string url = adapter_.issuer;
  if (url.ends_with('/')) url.pop_back();
  url += "/.well-known/openid-configuration";
  ask({.url = url}, net::Reach::Anywhere,
      [self = shared_from_this(), now, done = std::move(done)](Result<net::OutboundResponse> response) mutable {
        auto read = self->read_metadata(response);
        if (read) {
          const std::lock_guard lock(self->mutex_);
          self->metadata_ = *read;
          self->metadata_at_ = now;
        }
        done(std::move(read));
      });
}

void OauthProvider::keys(const Metadata& metadata, Instant now, bool again, Done<Keys> done) {
  if (auto kept = kept_keys(now, again ? kKeyPause : std::chrono::seconds(kMetadataFresh)))
    return done(std::move(kept));
  ask({.url = metadata.keys}, reach_of(metadata.keys),
      [self = shared_from_this(), now, done = std::move(done)](Result<net::OutboundResponse> response) mutable {
        const auto json = response && response->status == 200 ? parse_json(response->body) : Result<Json>(Json());
        if (!json || !json->is_object()) return done(self->unavailable("its keys cannot be had"));
        auto fetched =
            std::make_shared<const std::vector<ProviderKey>>(read_provider_keys(*json, self->adapter_.algorithm));
        {
          const std::lock_guard lock(self->mutex_);
          self->keys_ = fetched;
          self->keys_at_ = now;
        }
        done(Keys(std::move(fetched)));
      });
}

void OauthProvider::address(const SignIn& sign_in, const std::string& state, Instant now, Done<std::string> done) {
  metadata(now, [self = shared_from_this(), sign_in, state,
                 done = std::move(done)](Result<MetadataPointer> metadata) mutable {
    if (!metadata) return done(std::unexpected(std::move(metadata).error()));
    const std::string challenge = to_base64url(crypto::sha256(view(sign_in.code_verifier)));
    const std::string& base = (*metadata)->authorize;
    done(base + (base.contains('?') ? "&" : "?") +
         write_form({{"response_type", "code"},
                     {"client_id", self->adapter_.client_id},
                     {"redirect_uri", sign_in.redirect_uri},
                     {"scope", self->adapter_.scope},
                     {"state", state},
                     {"nonce", sign_in.nonce},
                     {"code_challenge", challenge},
                     {"code_challenge_method", "S256"}}));
  });
}

std::string OauthProvider::form(const SignIn& sign_in, const std::string& code, const Metadata& metadata,
                                net::Headers& headers) const {
  headers.add("Content-Type", "application/x-www-form-urlencoded");
  headers.add("Accept", "application/json");
  std::string body = write_form({{"grant_type", "authorization_code"},
                                 {"code", code},
                                 {"redirect_uri", sign_in.redirect_uri},
                                 {"code_verifier", sign_in.code_verifier}});
  const std::string id = net::percent_encode(adapter_.client_id), secret = net::percent_encode(adapter_.client_secret);
  if (adapter_.client_secret.empty() || metadata.secret_in_body) body += "&client_id=" + id;
  if (!adapter_.client_secret.empty() && metadata.secret_in_body) body += "&client_secret=" + secret;
  if (!adapter_.client_secret.empty() && !metadata.secret_in_body)
    headers.add("Authorization", "Basic " + to_base64(id + ":" + secret));
  return body;
}

Result<OauthProvider::Tokens> OauthProvider::read_tokens(const Result<net::OutboundResponse>& response) const {
  if (!response) return unavailable("the code could not be sent: " + response.error().reason);
  const auto json = parse_json(response->body);
  const Json answer = json && json->is_object() ? *json : Json::object();
  const JsonReader reader(answer, "answer");
  if (response->status == 400 && reader.text_or("error", 64, "").value_or("") == "invalid_grant")
    return fail(
        ErrorCode::Forbidden, "oauth_code_refused",
        "The platform does not take this sign-in any more: it was used before, or took too long. Sign in again.");
  if (response->status != 200) return unavailable("the code got status " + std::to_string(response->status));
  const auto access = reader.text("access_token", kMaxTokenBytes), id = reader.text("id_token", kMaxIdTokenBytes);
  if (!access || !id) return unavailable("no tokens came for the code");
  return Tokens{*access, *id};
}

void OauthProvider::redeem(const SignIn& sign_in, const Returned& returned, const Deed& deed, Instant now,
                           Done<std::string> done) {
  auto job = std::make_shared<Redeeming>(Redeeming{sign_in, returned, deed, now, {}, {}, std::move(done)});
  metadata(now, [self = shared_from_this(), job](Result<MetadataPointer> metadata) {
    if (!metadata) return job->done(std::unexpected(std::move(metadata).error()));
    job->metadata = *metadata;
    const std::string& said = job->returned.issuer;
    if (said.empty() ? job->metadata->names_itself : said != self->adapter_.issuer)
      return job->done(fail(ErrorCode::Forbidden, "oauth_wrong_issuer",
                            "This answer does not come from " + self->adapter_.network +
                                ", which you were sent to. Go back to the film and sign in again."));
    net::OutboundRequest request{.method = "POST", .url = job->metadata->token};
    request.body = self->form(job->sign_in, job->returned.code, *job->metadata, request.headers);
    const net::Reach reach = self->reach_of(request.url);
    self->ask(std::move(request), reach, [self, job](const Result<net::OutboundResponse>& response) {
      auto tokens = self->read_tokens(response);
      if (!tokens) return job->done(std::unexpected(std::move(tokens).error()));
      job->tokens = *std::move(tokens);
      self->check_token(job, false);
    });
  });
}

void OauthProvider::check_token(std::shared_ptr<Redeeming> job, bool again) {
  keys(*job->metadata, job->now, again, [self = shared_from_this(), job, again](Result<Keys> keys) {
    if (!keys) return job->done(std::unexpected(std::move(keys).error()));
    auto subject = check_id_token(job->tokens.id, **keys,
                                  {.issuer = self->adapter_.issuer,
                                   .client_id = self->adapter_.client_id,
                                   .nonce = job->sign_in.nonce,
                                   .access_token = job->tokens.access,
                                   .algorithm = self->adapter_.algorithm,
                                   .now = job->now});
    if (!subject && subject.error().reason == "oauth_key_unknown" && !again) return self->check_token(job, true);
    if (!subject) {
      log::warning("oauth_token_bad", {{"network", self->adapter_.network}, {"reason", subject.error().message}});
      return job->done(std::unexpected(std::move(subject).error()));
    }
    self->check_deed(job, *std::move(subject));
  });
}

void OauthProvider::check_deed(std::shared_ptr<Redeeming> job, std::string subject) {
  if (job->deed.action.empty()) return job->done(std::move(subject));
  const OauthCheck& check = adapter_.checks.at(job->deed.action);
  net::OutboundRequest request{.url = fill(check.url, job->deed.target)};
  request.headers.add("Authorization", "Bearer " + job->tokens.access);
  request.headers.add("Accept", "application/json");
  ask(std::move(request), net::Reach::Anywhere,
      [self = shared_from_this(), job, &check,
       subject = std::move(subject)](const Result<net::OutboundResponse>& response) {
        const auto held = self->read_deed(check, response);
        if (!held) return job->done(std::unexpected(held.error()));
        job->done(subject);
      });
}

Result<void> OauthProvider::read_deed(const OauthCheck& check, const Result<net::OutboundResponse>& response) const {
  if (!response) return unavailable("the check: " + response.error().reason);
  if (response->status == 401 || response->status == 403)
    return fail(ErrorCode::Forbidden, "oauth_access_refused",
                "The platform " + adapter_.network +
                    " does not let this node see what you did there. Sign in again and allow it.");
  const auto json = parse_json(response->body);
  if (response->status != 404 && (response->status != 200 || !json))
    return unavailable("the check got status " + std::to_string(response->status));
  const Json::json_pointer at(check.at);
  if (response->status == 200 && json->contains(at) && json->at(at) == Json::parse(check.equals)) return {};
  return fail(
      ErrorCode::Forbidden, "deed_not_found",
      "The platform " + adapter_.network +
          " does not say that you did this with the account you signed in with. Do it there, then sign in again.");
}

}  // namespace swarma::access::attest
