#include "access/unlock/elsewhere.h"

#include <nlohmann/json.hpp>

#include "net/public_url.h"

namespace swarma::access::unlock {
namespace {

constexpr std::size_t kMaxListed = 20'000;

struct Listed {
  std::string issuer, url, requirement;
  bool own = false, available = false;
};

Result<std::vector<Listed>> read_list(client::Node& node) {
  SWARMA_TRY(const auto response, node.send_plain("GET", "/v1/verifiers"));
  SWARMA_TRY(const Json json, parse_json(response.body));
  SWARMA_TRY(const Json* list, JsonReader(json, "list of verifiers").array("verifiers", kMaxListed));
  std::vector<Listed> out;
  for (const Json& item : *list) {
    const JsonReader reader(item, "verifier");
    SWARMA_RETURN_IF_ERROR(reader.expect_object());
    Listed one;
    SWARMA_TRY(one.issuer, reader.text("issuer", 128));
    SWARMA_TRY(one.requirement, reader.text("requirement", 64));
    SWARMA_TRY(const std::string url, reader.text("url", 300));
    SWARMA_TRY(one.own, reader.boolean_or("own", false));
    SWARMA_TRY(const std::string status, reader.text("status", 32));
    one.available = status == "available";
    if (const auto checked = net::parse_public_url(url)) one.url = checked->url;
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace

Places find_places(client::Node& node, const policy::Policy& policy, const std::vector<policy::OfferedPath>& offered) {
  Places here;
  bool missing = false;
  for (const auto& path : offered)
    for (const auto& leaf : path.leaves) {
      if (leaf.available) here[leaf.leaf.key] = "";
      missing = missing || !leaf.available;
    }
  const auto terms = parse_json(policy.canonical());
  if (!missing && terms && !terms->contains("issuers")) return here;
  const auto list = read_list(node);
  if (!list) return here;
  std::vector<std::string> own;
  for (const Listed& one : *list)
    if (one.own) own.push_back(one.issuer);
  Places places;
  if (own.empty() || policy.accepts_issuer(own.front(), own)) places = here;  // whatever an older node says
  for (const auto& path : offered)
    for (const auto& leaf : path.leaves)
      for (const Listed& one : *list)
        if (!one.own && one.available && !one.url.empty() && one.requirement == to_string(leaf.leaf.requirement) &&
            policy.accepts_issuer(one.issuer, own))
          places.emplace(leaf.leaf.key, one.url);
  return places;
}

}  // namespace swarma::access::unlock
