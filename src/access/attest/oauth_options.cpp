#include "access/attest/oauth_options.h"

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "net/http_syntax.h"

namespace swarma::access::attest {
namespace {

constexpr std::size_t kMaxFileBytes = 64 * 1024;
constexpr std::size_t kMaxUrl = 2048;

std::unexpected<Error> bad_config(const std::string& file, const std::string& sentence) {
  return fail(ErrorCode::BadRequest, "oauth_config_bad", "The file of --oauth " + file + ": " + sentence);
}

/// https, or http where nothing leaves this machine.
bool is_safe_url(std::string_view url) {
  if (url.starts_with("https://")) return url.size() > 8;
  return url.starts_with("http://127.0.0.1:") || url.starts_with("http://[::1]:");
}

Result<OauthCheck> read_check(const Json& json) {
  const JsonReader reader(json, "check");
  SWARMA_RETURN_IF_ERROR(reader.only({"url", "at", "equals"}));
  OauthCheck check;
  SWARMA_TRY(check.url, reader.text("url", kMaxUrl));
  SWARMA_TRY(check.at, reader.text("at", 256));
  if (!is_safe_url(check.url) || check.url.find("{target}") == std::string::npos ||
      check.url.find("{target}") < check.url.find('/', 8))
    return fail(ErrorCode::BadRequest, "bad_json",
                "\"url\" must be an https address that has {target} in its path or query.");
  try {
    const Json::json_pointer pointer(check.at);
  } catch (const Json::parse_error&) {
    return fail(ErrorCode::BadRequest, "bad_json", "\"at\" must be a JSON pointer such as \"/liked\".");
  }
  check.equals = reader.has("equals") ? json.at("equals").dump() : "true";
  return check;
}

Result<OauthAdapter> parse_adapter(const Json& json, const std::filesystem::path& folder) {
  const JsonReader reader(json, "adapter");
  SWARMA_RETURN_IF_ERROR(
      reader.only({"network", "issuer", "client_id", "client_secret_file", "algorithm", "scope", "checks"}));
  OauthAdapter adapter;
  SWARMA_TRY(adapter.network, reader.text("network", 32));
  SWARMA_TRY(adapter.issuer, reader.text("issuer", kMaxUrl));
  SWARMA_TRY(adapter.client_id, reader.text("client_id", 512));
  SWARMA_TRY(adapter.scope, reader.text_or("scope", 512, "openid"));
  SWARMA_TRY(const std::string algorithm, reader.text_or("algorithm", 16, "RS256"));
  const auto known = crypto::find_web_algorithm(algorithm);
  if (!known) return fail(ErrorCode::BadRequest, "bad_json", "\"algorithm\" must be \"RS256\" or \"ES256\".");
  adapter.algorithm = *known;
  if (adapter.network.empty() || adapter.network == "nostr" || adapter.network == "activitypub" ||
      adapter.network.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") != std::string::npos)
    return fail(ErrorCode::BadRequest, "bad_json",
                "\"network\" must be 1 to 32 of a-z 0-9 _ -, and neither \"nostr\" nor \"activitypub\".");
  if (!is_safe_url(adapter.issuer) || adapter.issuer.find_first_of("?# ") != std::string::npos)
    return fail(ErrorCode::BadRequest, "bad_json", "\"issuer\" must be an https address without ? and #.");
  if (!(" " + adapter.scope + " ").contains(" openid "))
    return fail(ErrorCode::BadRequest, "bad_json", "\"scope\" must hold openid.");
  if (reader.has("client_secret_file")) {
    SWARMA_TRY(const std::string name, reader.text("client_secret_file", 1024));
    const auto bytes = read_file(folder / name, kMaxFileBytes);
    if (!bytes) return fail(ErrorCode::BadRequest, "bad_json", "the file of the client's secret cannot be read.");
    adapter.client_secret = net::trim(as_text(*bytes));
    while (adapter.client_secret.ends_with('\n') || adapter.client_secret.ends_with('\r'))
      adapter.client_secret.pop_back();
    if (adapter.client_secret.empty()) return fail(ErrorCode::BadRequest, "bad_json", "the client's secret is empty.");
  }
  if (reader.has("checks")) {
    SWARMA_TRY(const Json* checks, reader.object("checks"));
    SWARMA_RETURN_IF_ERROR(JsonReader(*checks, "checks").only({"like", "repost", "follow"}));
    for (const auto& [action, check] : checks->items()) {
      SWARMA_TRY(adapter.checks[action], read_check(check));
    }
  }
  return adapter;
}

Result<OauthAdapter> read_adapter(const std::filesystem::path& file) {
  SWARMA_TRY(const Bytes bytes, read_file(file, kMaxFileBytes));
  SWARMA_TRY(const Json json, parse_json(as_text(bytes)));
  SWARMA_RETURN_IF_ERROR(JsonReader(json, "adapter").expect_object());
  return parse_adapter(json, file.parent_path());
}

}  // namespace

void describe(OptionSet& set, OauthOptions& options) {
  set.push_back({.name = "oauth",
                 .target = &options.files,
                 .help = "JSON file of a platform that viewers sign in to (OAuth 2.1, OpenID Connect), so that terms "
                         "may ask for an account or a like there; may be given for several"});
}

Result<std::vector<OauthAdapter>> read_oauth_adapters(const OauthOptions& options) {
  std::vector<OauthAdapter> adapters;
  for (const std::string& file : options.files) {
    auto adapter = read_adapter(file);
    if (!adapter) return bad_config(file, adapter.error().message);
    for (const OauthAdapter& other : adapters)
      if (other.network == adapter->network) return bad_config(file, "another file has the same \"network\".");
    adapters.push_back(*std::move(adapter));
  }
  return adapters;
}

}  // namespace swarma::access::attest
