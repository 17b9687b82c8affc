// The requirements: their names, what their parameters must be, and how to say them.
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "access/policy/parser.h"
#include "access/policy/policy.h"
#include "crypto/hash.h"

namespace swarma::access::policy {
namespace {

bool all_of(std::string_view text, auto&& predicate) {
  return std::all_of(text.begin(), text.end(), predicate);
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}

Result<void> not_empty(const JsonReader& reader, const char* name, std::size_t max, const std::string& at) {
  SWARMA_TRY(const std::string text, reader.text(name, max));
  if (text.empty()) return bad_policy(at, std::string("\"") + name + "\" must not be empty");
  return {};
}

Result<void> domains(const JsonReader& reader, const char* name, const std::string& at) {
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

Result<void> check_goodwill(const JsonReader& reader, const std::string& at) {
  SWARMA_RETURN_IF_ERROR(reader.only({"text"}));
  return not_empty(reader, "text", 500, at);
}

Result<void> check_puzzle(const JsonReader& reader, const std::string& at) {
  SWARMA_RETURN_IF_ERROR(reader.only({"algorithm", "difficulty"}));
  SWARMA_TRY(const std::string algorithm, reader.text("algorithm", 32));
  if (algorithm != "sha256") return bad_policy(at, "\"algorithm\" must be \"sha256\"");
  SWARMA_RETURN_IF_ERROR(reader.integer("difficulty", 1, kMaxPuzzleBits));
  return {};
}

Result<void> check_email(const JsonReader& reader, const std::string& at) {
  SWARMA_RETURN_IF_ERROR(reader.only({"allow", "deny"}));
  SWARMA_RETURN_IF_ERROR(domains(reader, "allow", at));
  return domains(reader, "deny", at);
}

Result<void> check_social(const JsonReader& reader, const std::string& at) {
  SWARMA_RETURN_IF_ERROR(reader.only({"network", "target"}));
  SWARMA_TRY(const std::string network, reader.text("network", 32));
  if (!is_slug(network)) return bad_policy(at, "\"network\" must be a short name such as \"nostr\" or \"activitypub\"");
  return not_empty(reader, "target", 500, at);
}

Result<void> check_payment(const JsonReader& reader, const std::string& at) {
  static constexpr std::array<std::string_view, 4> methods = {"cashu", "lightning", "evm_native", "erc20"};
  SWARMA_RETURN_IF_ERROR(
      reader.only({"method", "amount", "unit", "address", "chain_id", "token", "mints", "confirmations"}));
  SWARMA_TRY(const std::string method, reader.text("method", 32));
  if (std::find(methods.begin(), methods.end(), method) == methods.end())
    return bad_policy(at, "\"method\" must be one of \"cashu\", \"lightning\", \"evm_native\", \"erc20\"");
  SWARMA_TRY(const std::string amount, reader.text("amount", 78));
  if (amount.empty() || amount.front() == '0' || !all_of(amount, is_digit))
    return bad_policy(at, "\"amount\" must be a whole number above zero, written as a text of digits");
  SWARMA_TRY(const std::string unit, reader.text_or("unit", 32, "sat"));
  if (!is_slug(unit)) return bad_policy(at, "\"unit\" must be a short name such as \"sat\"");
  for (const char* name : {"address", "token"})
    if (reader.has(name)) SWARMA_RETURN_IF_ERROR(not_empty(reader, name, 200, at));
  if (method == "erc20" && !reader.has("token"))
    return bad_policy(at, "\"token\" must name the contract of the ERC-20 token");
  SWARMA_RETURN_IF_ERROR(reader.integer_or("chain_id", 1, 9'007'199'254'740'991, 1));
  SWARMA_RETURN_IF_ERROR(reader.integer_or("confirmations", 0, 1'000, 0));
  if (!reader.has("mints")) return {};
  SWARMA_TRY(const Json* mints, reader.array("mints", 16));
  for (const Json& mint : *mints)
    if (!mint.is_string() || !mint.get_ref<const std::string&>().starts_with("http") ||
        mint.get_ref<const std::string&>().size() > 200)
      return bad_policy(at, "\"mints\" must hold the addresses of mints, as in \"https://mint.example\"");
  return {};
}

Result<void> check_ad(const JsonReader& reader, const std::string& at) {
  SWARMA_RETURN_IF_ERROR(reader.only({"creative", "seconds"}));
  SWARMA_RETURN_IF_ERROR(reader.integer("seconds", 1, 600));
  return not_empty(reader, "creative", 200, at);
}

Result<void> check_allowlist(const JsonReader& reader, const std::string& at) {
  SWARMA_RETURN_IF_ERROR(reader.only({"list"}));
  SWARMA_TRY(const std::string list, reader.text("list", 32));
  if (!is_slug(list)) return bad_policy(at, "\"list\" must be 1 to 32 of a-z, 0-9, \"_\", \"-\"");
  return {};
}

/// A member of params that are known to be valid.
std::string text_of(const Json& params, const char* name) {
  return params.at(name).get<std::string>();
}

std::string say_goodwill(const Json& params) {
  return "Accept “" + text_of(params, "text") + "”.";
}

std::string say_puzzle(const Json& params) {
  const auto bits = params.at("difficulty").get<unsigned>();
  return "Let the machine solve a puzzle of " + std::to_string(bits) + " bits (about " +
         std::to_string(std::uint64_t{1} << bits) + " hashes).";
}

std::string say_email(const Json&) {
  return "Show that a mailbox is yours.";
}

std::string say_social(const Json& params) {
  return "Like “" + text_of(params, "target") + "” on " + text_of(params, "network") + ".";
}

std::string say_payment(const Json& params) {
  return "Pay " + text_of(params, "amount") + " " + params.value("unit", "sat") + " by " + text_of(params, "method") +
         ".";
}

std::string say_ad(const Json& params) {
  return "Watch " + std::to_string(params.at("seconds").get<int>()) + " seconds of advertising.";
}

std::string say_allowlist(const Json& params) {
  return "Enter a code of the list “" + text_of(params, "list") + "”.";
}

struct Kind {
  std::string_view name;
  Result<void> (*check)(const JsonReader& params, const std::string& at);
  std::string (*say)(const Json& params);  // what a viewer does; the params are valid
};

/// In the order of the enum.
constexpr std::array<Kind, kRequirementCount> kKinds = {{{"goodwill_ack", check_goodwill, say_goodwill},
                                                         {"puzzle_solve", check_puzzle, say_puzzle},
                                                         {"email_verify", check_email, say_email},
                                                         {"social_like", check_social, say_social},
                                                         {"crypto_payment", check_payment, say_payment},
                                                         {"watch_ad", check_ad, say_ad},
                                                         {"allowlist_token", check_allowlist, say_allowlist}}};

const Kind& kind_of(Requirement requirement) {
  return kKinds[static_cast<std::size_t>(requirement)];
}

}  // namespace

std::string_view to_string(Requirement requirement) {
  return kind_of(requirement).name;
}

std::optional<Requirement> find_requirement(std::string_view name) {
  const auto it = std::ranges::find(kKinds, name, &Kind::name);
  if (it == kKinds.end()) return std::nullopt;
  return static_cast<Requirement>(it - kKinds.begin());
}

std::string leaf_key(Requirement requirement, std::string_view canonical_params) {
  std::string text = R"({"params":)";
  text.append(canonical_params).append(R"(,"requirement":")").append(to_string(requirement)).append("\"}");
  return to_hex(ByteView(crypto::sha256(view(text))).first(8));
}

bool is_slug(std::string_view text) {
  return !text.empty() && text.size() <= 32 &&
         all_of(text, [](char c) { return is_lower(c) || is_digit(c) || c == '_' || c == '-'; });
}

std::unexpected<Error> bad_policy(const std::string& at, std::string expectation) {
  return fail(ErrorCode::BadRequest, "policy_invalid",
              "In the policy at " + (at.empty() ? std::string("/") : at) + ", " + std::move(expectation) + ".");
}

std::optional<std::pair<std::int64_t, std::int64_t>> find_range(const Json& json, std::int64_t max) {
  const auto good = [max](const Json& item) {
    if (item.is_number_unsigned() && item.get<std::uint64_t>() > static_cast<std::uint64_t>(max)) return false;
    return item.is_number_integer() && item.get<std::int64_t>() >= 0 && item.get<std::int64_t>() <= max;
  };
  if (!json.is_array() || json.size() != 2 || !good(json[0]) || !good(json[1])) return std::nullopt;
  const std::pair range(json[0].get<std::int64_t>(), json[1].get<std::int64_t>());
  return range.first <= range.second ? std::optional(range) : std::nullopt;
}

Result<void> check_params(Requirement requirement, const Json& params, const std::string& at) {
  return kind_of(requirement).check(JsonReader(params, "policy at " + at), at);
}

std::string describe_leaf(const Leaf& leaf) {
  const auto params = parse_json(leaf.params);
  if (!params) return "Meet " + std::string(to_string(leaf.requirement)) + ".";
  return kind_of(leaf.requirement).say(*params);
}

}  // namespace swarma::access::policy
