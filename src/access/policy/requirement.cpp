// The requirements by name, and what they share; each is a file in requirements/.
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "access/policy/parser.h"
#include "access/policy/policy.h"
#include "access/policy/requirements/kind.h"
#include "crypto/ethereum.h"
#include "crypto/hash.h"

namespace swarma::access::policy {
namespace {

/// In the order of the enum.
constexpr std::array<const Kind*, kRequirementCount> kKinds = {
    &kGoodwillAck, &kPuzzleSolve, &kEmailVerify, &kSocialLike, &kCryptoPayment, &kWatchAd, &kAllowlistToken, &kAgeOver};

const Kind& kind_of(Requirement requirement) {
  return *kKinds[static_cast<std::size_t>(requirement)];
}

}  // namespace

std::string_view to_string(Requirement requirement) {
  return kind_of(requirement).name;
}

std::optional<Requirement> find_requirement(std::string_view name) {
  const auto it = std::ranges::find(kKinds, name, [](const Kind* kind) { return kind->name; });
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

Result<void> evm_address(const JsonReader& reader, const char* name, const std::string& at) {
  SWARMA_TRY(const std::string text, reader.text(name, 42));
  if (crypto::EthereumAddress::from_text(text)) return {};
  return bad_policy(
      at, std::string("\"") + name +
              "\" must be 0x and 40 hex digits; where their case is mixed it is a checksum, and must be right");
}

std::string text_of(const Json& params, const char* name) {
  return params.at(name).get<std::string>();
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
