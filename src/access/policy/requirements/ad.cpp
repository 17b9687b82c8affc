// watch_ad {creative, seconds}: the viewer watches so many seconds of a creative, which is a title of its own (its id).
#include <nlohmann/json.hpp>

#include "access/policy/requirements/kind.h"

namespace swarma::access::policy {
namespace {

Result<void> check(const JsonReader& reader, const std::string& at) {
  SWARMA_RETURN_IF_ERROR(reader.only({"creative", "seconds"}));
  SWARMA_RETURN_IF_ERROR(reader.integer("seconds", 1, 600));
  return not_empty(reader, "creative", 200, at);
}

std::string say(const Json& params) {
  return "Watch " + std::to_string(params.at("seconds").get<int>()) + " seconds of advertising.";
}

}  // namespace

const Kind kWatchAd = {"watch_ad", check, say};

}  // namespace swarma::access::policy
