#include "access/attest/activitypub_fetch.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "net/http_syntax.h"

namespace swarma::access::attest {
namespace {

constexpr std::size_t kMaxUrl = 2048;
constexpr std::chrono::seconds kTimeout{8}, kTryAgain{10};
constexpr unsigned kMaxRedirects = 3;
constexpr const char* kActivityTypes =
    "application/activity+json, application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\"";

std::unexpected<Error> bad_address() {
  return fail(
      ErrorCode::BadRequest, "activitypub_address_bad",
      "This is no account or post of the fediverse: write it as @name@server.example, or give its https address.");
}

std::unexpected<Error> unavailable(const std::string& host) {
  return fail(ErrorCode::Unavailable, "activitypub_unavailable",
              "The server " + host + " does not answer as servers of the fediverse do: try again in a moment.",
              kTryAgain);
}

/// An uploaded file must not pass for an account.
bool is_activity_type(std::string_view type) {
  const std::string_view essence = net::trim(type.substr(0, type.find(';')));
  return net::equals_ignoring_case(essence, "application/activity+json") ||
         (net::equals_ignoring_case(essence, "application/ld+json") &&
          type.contains("https://www.w3.org/ns/activitystreams"));
}

const Json& member(const Json& object, const char* name) {
  static const Json nothing;
  const auto found = object.find(name);
  return found == object.end() ? nothing : *found;
}

/// One value, a list, or (as JSON-LD may be written) a list of lists.
bool any_item(const Json& items, const std::function<bool(const Json&)>& fits, std::size_t& left) {
  if (items.is_array()) return std::ranges::any_of(items, [&](const Json& item) { return any_item(item, fits, left); });
  return !items.is_null() && left > 0 && left-- > 0 && fits(items);
}

}  // namespace

std::string id_of(const Json& value) {
  const Json& id = value.is_object() ? member(value, "id") : value;
  return id.is_string() && id.get_ref<const std::string&>().size() <= kMaxUrl ? id.get<std::string>() : "";
}

std::string host_of_url(std::string_view url) {
  const std::size_t scheme = url.starts_with("https://") ? 8 : url.starts_with("http://") ? 7 : 0;
  if (scheme == 0 || url.size() > kMaxUrl) return {};
  std::string host(url.substr(scheme, url.find_first_of("/?#", scheme) - scheme));
  std::ranges::transform(host, host.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  return net::is_valid_host(host) ? host : "";
}

std::optional<FediverseHandle> parse_handle(std::string_view text) {
  if (text.starts_with("acct:")) text.remove_prefix(5);
  if (text.starts_with('@')) text.remove_prefix(1);
  const std::size_t at = text.find('@');
  if (at == text.npos || at == 0 || at > 64) return std::nullopt;
  const std::string_view name = text.substr(0, at);
  if (!std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
               c == '-';
      }))
    return std::nullopt;
  std::string host = host_of_url("https://" + std::string(text.substr(at + 1)));
  if (host.empty() || host.size() != text.size() - at - 1) return std::nullopt;
  return FediverseHandle{std::string(name), std::move(host)};
}

bool ActivityPubFetch::is_private(const std::string& host) const {
  return std::ranges::find(options_.private_hosts, host) != options_.private_hosts.end();
}

void ActivityPubFetch::ask(const std::string& url, std::string accept, Done<net::OutboundResponse> done) {
  const std::string host = host_of_url(url);
  const bool is_ours = is_private(host);
  if (host.empty() || (!url.starts_with("https://") && !is_ours)) return done(bad_address());
  net::OutboundRequest request{.url = url.substr(0, url.find('#'))};
  request.headers.add("Accept", std::move(accept));
  outbound_.send(std::move(request),
                 {.reach = is_ours ? net::Reach::Anywhere : net::Reach::Public,
                  .timeout = kTimeout,
                  .max_redirects = kMaxRedirects},
                 [self = shared_from_this(), host, done = std::move(done)](auto response) mutable {
                   self->run_([host, done = std::move(done), response = std::move(response)]() mutable {
                     if (!response) return done(unavailable(host));
                     if (response->status == 404 || response->status == 410)
                       return done(fail(ErrorCode::NotFound, "activitypub_not_found",
                                        "The server " + host + " knows no such account or post."));
                     if (response->status == 401 || response->status == 403)
                       return done(fail(ErrorCode::Forbidden, "activitypub_closed",
                                        "The server " + host +
                                            " does not show this to everybody, so it cannot be checked here. Use an "
                                            "account of another server, or unlock in another way."));
                     if (response->status != 200) return done(unavailable(host));
                     done(*std::move(response));
                   });
                 });
}

void ActivityPubFetch::look_up(const FediverseHandle& handle, Done<std::string> done) {
  const std::string url =
      (is_private(handle.host) ? "http://" : "https://") + handle.host +
      "/.well-known/webfinger?resource=" + net::percent_encode("acct:" + handle.name + "@" + handle.host);
  ask(url, "application/jrd+json, application/json",
      [host = handle.host, done = std::move(done)](Result<net::OutboundResponse> response) mutable {
        if (!response) return done(std::unexpected(std::move(response).error()));
        const auto json = parse_json(response->body);
        if (!json || !json->is_object() || !member(*json, "links").is_array()) return done(unavailable(host));
        for (const Json& link : json->at("links")) {
          if (!link.is_object() || member(link, "rel") != Json("self") || !member(link, "type").is_string()) continue;
          if (is_activity_type(link.at("type").get_ref<const std::string&>())) return done(id_of(member(link, "href")));
        }
        done(unavailable(host));
      });
}

/// A document whose id lies elsewhere at the same host is fetched from there, once (`again` false).
void ActivityPubFetch::get(const std::string& url, bool again, Done<Json> done) {
  ask(url, kActivityTypes,
      [self = shared_from_this(), url, again, done = std::move(done)](Result<net::OutboundResponse> response) mutable {
        if (!response) return done(std::unexpected(std::move(response).error()));
        const std::string host = host_of_url(response->url);
        auto json = parse_json(response->body);
        if (!json || !json->is_object() || !is_activity_type(response->headers.get("Content-Type")))
          return done(unavailable(host));
        const std::string id = id_of(*json);
        if (host.empty() || host_of_url(id) != host) return done(unavailable(host));
        if (id != url && again) return done(unavailable(host));
        if (id != url) return self->get(id, true, std::move(done));
        done(*std::move(json));
      });
}

void ActivityPubFetch::find(const std::string& name, Done<Json> done) {
  if (!host_of_url(name).empty()) return get(name, false, std::move(done));
  const auto handle = parse_handle(name);
  if (!handle) return done(bad_address());
  look_up(*handle, [self = shared_from_this(), done = std::move(done)](Result<std::string> url) mutable {
    if (!url) return done(std::unexpected(std::move(url).error()));
    self->get(*url, false, std::move(done));
  });
}

void ActivityPubFetch::search(const Json& place, Search search, Done<bool> done) {
  if (place.is_object()) return examine(place, std::move(search), std::move(done));
  const std::string url = id_of(place);
  if (url.empty())
    return done(fail(ErrorCode::NotFound, "activitypub_hidden", "This server does not show who did it."));
  if (host_of_url(url) != search.host || search.pages == 0) return done(false);
  --search.pages;
  ask(url, kActivityTypes,
      [self = shared_from_this(), search = std::move(search),
       done = std::move(done)](Result<net::OutboundResponse> response) mutable {
        if (!response) return done(std::unexpected(std::move(response).error()));
        const auto json = parse_json(response->body);
        if (!json || !json->is_object() || host_of_url(response->url) != search.host ||
            !is_activity_type(response->headers.get("Content-Type")))
          return done(unavailable(search.host));
        self->examine(*json, std::move(search), std::move(done));
      });
}

/// A collection, or a page of one.
void ActivityPubFetch::examine(const Json& page, Search search, Done<bool> done) {
  bool shows_items = false;
  for (const char* name : {"orderedItems", "items"}) {
    const Json& items = member(page, name);
    shows_items = shows_items || !items.is_null();
    std::size_t left = kMaxItems;
    if (any_item(items, search.fits, left)) return done(true);
  }
  for (const char* name : {"first", "next"})
    if (const Json next = member(page, name); !next.is_null()) {
      if (next.is_object() && search.pages-- == 0) return done(false);
      return this->search(next, std::move(search), std::move(done));
    }
  if (!shows_items)
    return done(fail(ErrorCode::NotFound, "activitypub_hidden", "This server does not show who did it."));
  done(false);
}

}  // namespace swarma::access::attest
