// normalise_htu of crypto/dpop.h.
#include <algorithm>
#include <cctype>
#include <optional>

#include "crypto/dpop.h"

namespace swarma::crypto {
namespace {

constexpr std::size_t kMaxUrlBytes = 2048;

std::unexpected<Error> bad_url() {
  return fail(ErrorCode::BadRequest, "bad_htu", "This is not an http or https address.");
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_unreserved(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

/// Percent triplets in upper case, those of unreserved characters decoded; nothing if a triplet is broken.
std::optional<std::string> normal_path(std::string_view path) {
  static constexpr std::string_view hex = "0123456789ABCDEF";
  if (path.empty()) return "/";
  std::string out;
  out.reserve(path.size());
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] != '%') {
      out.push_back(path[i]);
      continue;
    }
    const int high = i + 2 < path.size() ? hex_value(path[i + 1]) : -1;
    const int low = i + 2 < path.size() ? hex_value(path[i + 2]) : -1;
    if (high < 0 || low < 0) return std::nullopt;
    const auto decoded = static_cast<char>(high * 16 + low);
    if (is_unreserved(decoded))
      out.push_back(decoded);
    else
      out.append({'%', hex[static_cast<std::size_t>(high)], hex[static_cast<std::size_t>(low)]});
    i += 2;
  }
  return out;
}

/// host[:port] in lower case without the scheme's own port; nothing if it is not of that form.
std::optional<std::string> normal_authority(std::string_view authority, std::string_view default_port) {
  if (authority.find_first_of("@\\") != authority.npos) return std::nullopt;
  const std::size_t bracket = authority.rfind(']');  // the colons of an IPv6 address stand before it
  const std::size_t colon = authority.find(':', bracket == authority.npos ? 0 : bracket);
  const std::string_view host = authority.substr(0, colon);
  const std::string_view port = colon == authority.npos ? std::string_view() : authority.substr(colon + 1);
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (host.empty() || port.size() > 5 || port.starts_with('0') || !std::all_of(port.begin(), port.end(), is_digit))
    return std::nullopt;
  std::string out = lower(host);
  if (!port.empty() && port != default_port) out.append(":").append(port);
  return out;
}

}  // namespace

Result<std::string> normalise_htu(std::string_view url) {
  const auto is_visible = [](char c) { return c > ' ' && c < 0x7f; };
  const std::size_t colon = url.find("://");
  if (url.size() > kMaxUrlBytes || colon == url.npos || !std::all_of(url.begin(), url.end(), is_visible))
    return bad_url();
  const std::string scheme = lower(url.substr(0, colon));
  if (scheme != "http" && scheme != "https") return bad_url();
  std::string_view rest = url.substr(colon + 3);
  rest = rest.substr(0, rest.find_first_of("?#"));
  const std::size_t slash = rest.find('/');
  const auto authority = normal_authority(rest.substr(0, slash), scheme == "http" ? "80" : "443");
  const auto path = normal_path(slash == rest.npos ? std::string_view() : rest.substr(slash));
  if (!authority || !path) return bad_url();
  return scheme + "://" + *authority + *path;
}

}  // namespace swarma::crypto
