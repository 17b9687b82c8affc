#include "net/outbound.h"

#include <algorithm>
#include <cctype>

#include "net/address_guard.h"
#include "net/curl_loop.h"
#include "net/http_syntax.h"

namespace swarma::net {
namespace {

using std::chrono::steady_clock;
using Parser = std::unique_ptr<CURLU, decltype([](CURLU* parser) { curl_url_cleanup(parser); })>;

constexpr std::size_t kMaxUrlBytes = 8 * 1024;

std::string part(CURLU* parser, CURLUPart which, unsigned flags = 0) {
  char* value = nullptr;
  std::string out;
  if (curl_url_get(parser, which, &value, flags) == CURLUE_OK) out = value;
  curl_free(value);
  return out;
}

struct Place {
  std::string scheme;
  std::string origin;  // scheme://host:port, in lower case
};

std::unexpected<Error> bad_url(std::string_view why) {
  return fail(ErrorCode::BadRequest, "bad_url", "Cannot send a request to this address: " + std::string(why) + ".");
}

/// `of_stranger`: no user and no password, which would be sent along.
Result<Place> place_of(const std::string& url, bool of_stranger) {
  const Parser parser(curl_url());
  if (!parser) throw std::bad_alloc();
  const bool clean = std::ranges::none_of(url, [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 127; });
  if (url.size() > kMaxUrlBytes || !clean || curl_url_set(parser.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK)
    return bad_url("it is not a web address, or too long");
  Place place;
  place.scheme = part(parser.get(), CURLUPART_SCHEME);
  if (place.scheme != "http" && place.scheme != "https") return bad_url("not an http or https address");
  if (of_stranger && url.substr(0, url.find_first_of("/?#", place.scheme.size() + 3)).contains('@'))
    return bad_url("it names a user");
  std::string host = part(parser.get(), CURLUPART_HOST);
  if (host.empty()) return bad_url("it names no host");
  std::ranges::transform(host, host.begin(), [](unsigned char c) { return std::tolower(c); });
  place.origin = place.scheme + "://" + host + ":" + part(parser.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
  return place;
}

/// What another host than the one that was asked may hear of the request.
Headers harmless(const Headers& headers) {
  Headers kept;
  for (const auto& [name, value] : headers.all())
    for (const char* harmless_name : {"accept", "accept-language", "user-agent"})
      if (equals_ignoring_case(name, harmless_name)) kept.add(name, value);
  return kept;
}

class HttpJob final : public CurlJob {
 public:
  HttpJob(OutboundRequest request, const SendOptions& options, const std::string& ca_file, Outbound::Done done)
      : body_(std::move(request.body)), redirects_left_(options.max_redirects), done_(std::move(done)) {
    request_.method = std::move(request.method);
    request_.url = std::move(request.url);
    request_.headers = std::move(request.headers);
    request_.body = body_;
    settings_.connect_timeout = options.connect_timeout;
    settings_.timeout = options.timeout;
    settings_.max_response_bytes = options.max_response_bytes;
    settings_.ca_file = options.ca_file.empty() ? ca_file : options.ca_file;
    deadline = steady_clock::now() + options.timeout;
    of_stranger = options.reach != Reach::Anywhere;
    if (request_.method != "GET" && request_.method != "HEAD") redirects_left_ = 0;
    follows_ = redirects_left_ > 0;
  }

  Result<void> find_place() {
    SWARMA_TRY(Place found, place_of(request_.url, of_stranger));
    scheme_ = std::move(found.scheme);
    place = std::move(found.origin);
    return {};
  }

  Result<void> prepare(CURL* easy) override {
    transfer_ = {};
    SWARMA_RETURN_IF_ERROR(prepare_transfer(easy, transfer_, request_, settings_));
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 16L * 1024);  // many at once, small answers
    return {};
  }

  After finish(CURL* easy, CURLcode code) override {
    Result<ClientResponse> answer = finish_transfer(easy, code, transfer_, request_.url);
    if (address_refused && !answer) {
      done_(fail(ErrorCode::Forbidden, "address_refused",
                 shown_origin(request_.url) +
                     " leads to an address inside a private network; this node sends no requests there."));
      return After::Over;
    }
    if (answer && follows_) {
      const char* next = nullptr;
      curl_easy_getinfo(easy, CURLINFO_REDIRECT_URL, &next);
      if (next != nullptr) return follow(next);
    }
    if (answer)
      done_(OutboundResponse{answer->status, std::move(answer->headers), std::move(answer->body), request_.url});
    else
      done_(std::unexpected(std::move(answer).error()));
    return After::Over;
  }

  void give_up(Error error) override { done_(std::unexpected(std::move(error))); }

 private:
  After follow(std::string url) {
    const std::string asked = shown_origin(request_.url), old_place = place;
    const bool was_secure = scheme_ == "https";
    if (redirects_left_-- == 0) {
      give_up({ErrorCode::Unavailable, "too_many_redirects", asked + " leads from one address to the next."});
      return After::Over;
    }
    request_.url = std::move(url);
    const bool anywhere = !of_stranger;
    of_stranger = true;  // whoever answered had a say in it
    if (Result<void> found = find_place(); !found) {
      give_up(std::move(found).error());
      return After::Over;
    }
    if (was_secure && scheme_ != "https") {
      give_up({ErrorCode::Unavailable, "insecure_redirect",
               asked + " leads to an address without https, where others could read and change the answer."});
      return After::Over;
    }
    if (place == old_place)
      of_stranger = !anywhere;
    else
      request_.headers = harmless(request_.headers);
    return After::Again;
  }

  std::string body_;
  ClientRequest request_;
  ClientOptions settings_;
  std::string scheme_;
  unsigned redirects_left_;
  bool follows_ = false;
  Transfer transfer_;
  Outbound::Done done_;
};

}  // namespace

Outbound::Outbound(OutboundOptions options) : options_(std::move(options)) {
  if (!options_.is_public) options_.is_public = is_public_address;
  loop_ = std::make_unique<CurlLoop>(options_.limits, options_.is_public);
}

Outbound::~Outbound() = default;

void Outbound::send(OutboundRequest request, SendOptions options, Done done) {
  auto job = std::make_unique<HttpJob>(std::move(request), options, options_.ca_file, std::move(done));
  std::optional<Error> broken;
  if (Result<void> found = job->find_place(); !found) broken = std::move(found).error();
  loop_->submit(std::move(job), std::move(broken));
}

}  // namespace swarma::net
