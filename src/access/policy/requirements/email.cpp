// email_verify {allow?, deny?}: the viewer reads the mail of an address, of these domains (and those below them).
#include <nlohmann/json.hpp>

#include "access/policy/requirements/kind.h"

namespace swarma::access::policy {
namespace {

Result<void> check_domains(const JsonReader& reader, const char* name, const std::string& at) {
  if (!reader.has(name)) return {};
  SWARMA_TRY(const Json* list, reader.array(name, 32));
  for (const Json& item : *list) {
    const bool plain = item.is_string() && !item.get_ref<const std::string&>().empty() &&
                       item.get_ref<const std::string&>().size() <= 253 &&
                       all_of(item.get_ref<const std::string&>(),
                              [](char c) { return is_lower(c) || is_digit(c) || c == '.' || c == '-'; });
    if (!plain)
      return bad_policy(at,
                        std::string("\"") + name + "\" must hold domain names in lower case, as in \"example.org\"");
  }
  return {};
}

Result<void> check(const JsonReader& reader, const std::string& at) {
  SWARMA_RETURN_IF_ERROR(reader.only({"allow", "deny"}));
  SWARMA_RETURN_IF_ERROR(check_domains(reader, "allow", at));
  return check_domains(reader, "deny", at);
}

std::string say(const Json& params) {
  std::string text = "Show that a mailbox is yours";
  if (!params.contains("allow")) return text + ".";
  std::string domains;
  for (const Json& domain : params.at("allow")) domains += (domains.empty() ? "" : " or ") + domain.get<std::string>();
  return text + " at " + domains + ".";
}

}  // namespace

const Kind kEmailVerify = {"email_verify", check, say};

}  // namespace swarma::access::policy
