// goodwill_ack {text}: the viewer read a sentence and accepts it.
#include <nlohmann/json.hpp>

#include "access/policy/requirements/kind.h"

namespace swarma::access::policy {
namespace {

Result<void> check(const JsonReader& reader, const std::string& at) {
  SWARMA_RETURN_IF_ERROR(reader.only({"text"}));
  return not_empty(reader, "text", 500, at);
}

std::string say(const Json& params) {
  return "Accept “" + text_of(params, "text") + "”.";
}

}  // namespace

const Kind kGoodwillAck = {"goodwill_ack", check, say};

}  // namespace swarma::access::policy
