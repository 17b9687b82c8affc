// age_over {age, vct?, issuers?}: a wallet says that its holder is at least so old, and nothing else. "vct" names the
// type of credential (SD-JWT VC), "issuers" those of its issuers that the creator takes; without them: the node's.
#include <nlohmann/json.hpp>

#include "access/policy/requirements/kind.h"

namespace swarma::access::policy {
namespace {

Result<void> check(const JsonReader& reader, const std::string& at) {
  SWARMA_RETURN_IF_ERROR(reader.only({"age", "vct", "issuers"}));
  SWARMA_RETURN_IF_ERROR(reader.integer("age", 1, 120));
  if (reader.has("vct")) SWARMA_RETURN_IF_ERROR(not_empty(reader, "vct", 200, at));
  if (!reader.has("issuers")) return {};
  SWARMA_TRY(const Json* issuers, reader.array("issuers", 16));
  for (const Json& issuer : *issuers)
    if (!issuer.is_string() || issuer.get_ref<const std::string&>().empty() ||
        issuer.get_ref<const std::string&>().size() > 200)
      return bad_policy(at, "\"issuers\" must hold the names of issuers, as in \"https://issuer.example\"");
  return {};
}

std::string say(const Json& params) {
  return "Show that you are at least " + std::to_string(params.at("age").get<int>()) + " years old.";
}

}  // namespace

const Kind kAgeOver = {"age_over", check, say};

}  // namespace swarma::access::policy
