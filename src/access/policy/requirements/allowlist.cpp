// allowlist_token: the viewer holds something that the creator handed out. One of
//
//   {"list":"friends"}                                          a code of a list of this title
//   {"pass":"gold"}                                             a pass of the creator, of this tier
//   {"voucher":"gift"}                                          a voucher of this kind, which names nobody
//   {"nft":"erc721","chain_id":1,"token":"0x…","token_id":"7"}  a token on a chain; without token_id: any of the
//   contract
#include <nlohmann/json.hpp>

#include "access/policy/requirements/kind.h"

namespace swarma::access::policy {
namespace {

Result<void> check_slug(const JsonReader& reader, const char* name, const std::string& at) {
  SWARMA_RETURN_IF_ERROR(reader.only({name}));
  SWARMA_TRY(const std::string value, reader.text(name, 32));
  if (!is_slug(value)) return bad_policy(at, std::string("\"") + name + "\" must be 1 to 32 of a-z, 0-9, \"_\", \"-\"");
  return {};
}

Result<void> check_nft(const JsonReader& reader, const std::string& at) {
  SWARMA_RETURN_IF_ERROR(reader.only({"nft", "chain_id", "token", "token_id"}));
  SWARMA_TRY(const std::string standard, reader.text("nft", 16));
  if (standard != "erc721" && standard != "erc1155")
    return bad_policy(at, "\"nft\" must be one of \"erc721\", \"erc1155\"");
  SWARMA_RETURN_IF_ERROR(reader.integer("chain_id", 1, 9'007'199'254'740'991));
  SWARMA_RETURN_IF_ERROR(evm_address(reader, "token", at));
  if (!reader.has("token_id")) {
    if (standard == "erc1155") return bad_policy(at, "\"token_id\" must say which of the contract's tokens is meant");
    return {};
  }
  SWARMA_TRY(const std::string id, reader.text("token_id", 78));
  if (id.empty() || !all_of(id, is_digit)) return bad_policy(at, "\"token_id\" must be a number, written as text");
  return {};
}

Result<void> check(const JsonReader& reader, const std::string& at) {
  if (reader.has("pass")) return check_slug(reader, "pass", at);
  if (reader.has("voucher")) return check_slug(reader, "voucher", at);
  if (reader.has("nft")) return check_nft(reader, at);
  return check_slug(reader, "list", at);
}

std::string say(const Json& params) {
  if (params.contains("pass")) return "Show a pass of the tier “" + text_of(params, "pass") + "”.";
  if (params.contains("voucher")) return "Redeem a voucher of the kind “" + text_of(params, "voucher") + "”.";
  if (!params.contains("nft")) return "Enter a code of the list “" + text_of(params, "list") + "”.";
  const std::string which = params.contains("token_id") ? "the token " + text_of(params, "token_id") : "a token";
  return "Show that you own " + which + " of " + text_of(params, "token") + ".";
}

}  // namespace

const Kind kAllowlistToken = {"allowlist_token", check, say};

}  // namespace swarma::access::policy
