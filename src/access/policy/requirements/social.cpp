// social_like {network, action?, target}: the viewer liked, reposted or follows something, as a network tells.
#include <array>
#include <nlohmann/json.hpp>

#include "access/policy/requirements/kind.h"

namespace swarma::access::policy {
namespace {

Result<void> check(const JsonReader& reader, const std::string& at) {
  static constexpr std::array<std::string_view, 3> actions = {"like", "repost", "follow"};
  SWARMA_RETURN_IF_ERROR(reader.only({"network", "action", "target"}));
  SWARMA_TRY(const std::string network, reader.text("network", 32));
  if (!is_slug(network)) return bad_policy(at, "\"network\" must be a short name such as \"nostr\" or \"activitypub\"");
  SWARMA_TRY(const std::string action, reader.text_or("action", 16, "like"));
  if (std::ranges::find(actions, action) == actions.end())
    return bad_policy(at, "\"action\" must be one of \"like\", \"repost\", \"follow\"");
  return not_empty(reader, "target", 500, at);
}

/// One that viewers sign in to: there the target "account" asks for no more.
bool is_platform(std::string_view network) {
  return network != "nostr" && network != "activitypub";
}

std::string say(const Json& params) {
  const std::string action = params.value("action", "like");
  if (action == "like" && text_of(params, "target") == "account" && is_platform(text_of(params, "network")))
    return "Sign in at " + text_of(params, "network") + ".";
  const std::string verb = action == "follow" ? "Follow" : action == "repost" ? "Repost" : "Like";
  return verb + " “" + text_of(params, "target") + "” on " + text_of(params, "network") + ".";
}

}  // namespace

const Kind kSocialLike = {"social_like", check, say};

}  // namespace swarma::access::policy
