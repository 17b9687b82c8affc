#include "access/policy/grant_claims.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "access/policy/parser.h"
#include "crypto/jws.h"

namespace swarma::access::policy {
namespace {

constexpr std::size_t kMaxGroups = 16;
constexpr std::size_t kMaxIdBytes = 96;
constexpr unsigned kMaxLevel = 20;  // depth of a tree over kMaxSlots
constexpr std::size_t kMaxNodes = std::size_t{2} * kMaxLevel;
static_assert(crypto::kMaxSlots == 1u << kMaxLevel);

std::unexpected<Error> forged(std::string why) {
  return fail(ErrorCode::Corrupt, "grant_forged",
              "This grant is not by the title's key agent, or it was changed: " + std::move(why));
}

Result<SlotRange> read_slots(const JsonReader& reader) {
  SWARMA_TRY(const Json* pair, reader.array("slots", 2));
  const auto range = find_range(*pair, crypto::kMaxSlots);
  if (!range || range->first == range->second)
    return fail(ErrorCode::BadRequest, "bad_slots", "\"slots\" must be [begin, end] with begin < end.");
  return SlotRange{static_cast<Slot>(range->first), static_cast<Slot>(range->second)};
}

Result<std::vector<std::string>> read_groups(const JsonReader& reader) {
  SWARMA_TRY(const Json* list, reader.array("key_groups", kMaxGroups));
  std::vector<std::string> groups;
  for (const Json& group : *list) {
    if (!group.is_string() || !is_slug(group.get_ref<const std::string&>()))
      return fail(ErrorCode::BadRequest, "bad_groups", "\"key_groups\" must hold short names.");
    groups.push_back(group.get<std::string>());
  }
  return groups;
}

Result<GrantClaims> read_claims(const Json& payload) {
  const JsonReader reader(payload, "grant");
  SWARMA_TRY(const std::string title, reader.text("title_id", 26));
  SWARMA_TRY(const TitleId id, TitleId::parse(title));
  GrantClaims claims{.grant_id = {},
                     .unlock_id = {},
                     .title = id,
                     .slots = {},
                     .key_groups = {},
                     .keys = {},
                     .policy_hash = {},
                     .path = {},
                     .viewer = {},
                     .watermark_salt = {}};
  SWARMA_TRY(claims.grant_id, reader.text("grant_id", kMaxIdBytes));
  SWARMA_TRY(claims.unlock_id, reader.text("unlock_id", kMaxIdBytes));
  SWARMA_TRY(claims.revision, reader.integer("revision", 1, std::int64_t{1} << 50));
  SWARMA_TRY(claims.slots, read_slots(reader));
  SWARMA_TRY(claims.key_groups, read_groups(reader));
  SWARMA_TRY(claims.keys, reader.text("keys", kMaxGrantBytes));
  SWARMA_TRY(claims.policy_hash, reader.text("policy_hash", 64));
  SWARMA_TRY(claims.path, reader.text("path", 32));
  SWARMA_TRY(claims.viewer, reader.text("aud", 64));
  SWARMA_TRY(claims.issued_at, reader.instant("iat"));
  SWARMA_TRY(claims.expires_at, reader.expiry("exp"));
  SWARMA_TRY(claims.unlock_until, reader.expiry("unlock_until"));
  SWARMA_TRY(claims.watermark_salt, reader.text("watermark_salt", 64));
  return claims;
}

Result<crypto::TreeNode> read_node(const Json& json) {
  const JsonReader reader(json, "key node");
  SWARMA_RETURN_IF_ERROR(reader.expect_object());
  SWARMA_TRY(const std::int64_t level, reader.integer("level", 0, kMaxLevel));
  SWARMA_TRY(const std::int64_t index, reader.integer("index", 0, (std::int64_t{1} << level) - 1));
  SWARMA_TRY(std::string text, reader.text("key", 43));
  auto bytes = parse_base64url(text);
  crypto::wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  if (!bytes) return std::unexpected(std::move(bytes).error());
  auto key = take_exactly<32>(*bytes);
  crypto::wipe(*bytes);
  if (!key) return std::unexpected(std::move(key).error());
  crypto::TreeNode node{static_cast<unsigned>(level), static_cast<Slot>(index), crypto::SecretKey(*key)};
  crypto::wipe(*key);
  return node;
}

Result<KeyCovers> read_covers(const Json& json, const GrantClaims& claims) {
  const JsonReader reader(json, "keys");
  SWARMA_TRY(const std::string grant_id, reader.text("grant_id", kMaxIdBytes));
  if (grant_id != claims.grant_id) return forged("its keys belong to another grant.");
  SWARMA_TRY(const Json* groups, reader.object("groups"));
  if (groups->size() > kMaxGroups) return forged("it has too many key groups.");
  KeyCovers covers;
  for (const auto& [group, nodes] : groups->items()) {
    if (!nodes.is_array() || nodes.size() > kMaxNodes) return forged("a key group is not a list of nodes.");
    for (const Json& item : nodes) {
      SWARMA_TRY(crypto::TreeNode node, read_node(item));
      covers[group].push_back(std::move(node));
    }
  }
  return covers;
}

/// Overwrites the key texts inside a parsed JSON.
void wipe_texts(Json& json) {
  if (json.is_string()) {
    auto& text = json.get_ref<std::string&>();
    crypto::wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  } else if (json.is_structured()) {
    for (Json& child : json) wipe_texts(child);
  }
}

}  // namespace

Result<std::string> sign_grant(const GrantClaims& claims, const crypto::SigningKey& agent) {
  SWARMA_TRY(std::string jws, crypto::sign_jws(agent, crypto::kGrantTyp,
                                               {{"grant_id", claims.grant_id},
                                                {"unlock_id", claims.unlock_id},
                                                {"title_id", claims.title.text()},
                                                {"revision", claims.revision},
                                                {"slots", {claims.slots.begin, claims.slots.end}},
                                                {"key_groups", claims.key_groups},
                                                {"keys", claims.keys},
                                                {"policy_hash", claims.policy_hash},
                                                {"path", claims.path},
                                                {"aud", claims.viewer},
                                                {"iat", claims.issued_at.unix_s()},
                                                {"exp", claims.expires_at.unix_s()},
                                                {"unlock_until", claims.unlock_until.unix_s()},
                                                {"watermark_salt", claims.watermark_salt}}));
  if (jws.size() > kMaxGrantBytes)
    return fail(ErrorCode::TooLarge, "grant_too_large",
                "A grant over so many key groups at once is too large: ask for fewer.");
  return jws;
}

Result<GrantClaims> verify_grant(std::string_view jws, const crypto::Did& agent) {
  auto payload = crypto::verify_jws(jws, crypto::kGrantTyp, agent, kMaxGrantBytes);
  if (!payload) return forged(payload.error().message);
  auto claims = read_claims(*payload);
  if (!claims) return forged(claims.error().message);
  return claims;
}

Result<void> check_grant(const GrantClaims& claims, const GrantExpectation& expected, bool rolling) {
  if (claims.title != expected.title)
    return fail(ErrorCode::Forbidden, "grant_wrong_title", "This grant is for another title.");
  if (claims.viewer != expected.viewer)
    return fail(ErrorCode::Forbidden, "grant_wrong_viewer",
                "This grant was made for another viewer: unlock with your own key.");
  if (claims.revision != expected.revision)
    return fail(ErrorCode::Forbidden, "grant_old_revision",
                "This grant is for another revision of the title: unlock again.");
  if (claims.policy_hash != expected.policy_hash)
    return fail(ErrorCode::Forbidden, "grant_other_policy",
                "This grant was made under other terms than the title's: unlock again.");
  const Expiry end = rolling ? claims.unlock_until : claims.expires_at;
  if (end.has_passed(expected.now))
    return fail(ErrorCode::Forbidden, "grant_expired",
                rolling ? "This unlock has ended: unlock again." : "This grant has expired: ask for another.");
  return {};
}

std::string seal_covers(std::string_view grant_id, const KeyCovers& covers, const crypto::EncryptionKey& viewer,
                        crypto::JweSealer& sealer) {
  // Written by hand, in canonical order: ids, group names and base64url need no escapes, and the text is wiped below.
  std::string text;
  text.reserve(128 + covers.size() * kMaxNodes * 80);
  text.append(R"({"grant_id":")").append(grant_id).append(R"(","groups":{)");
  for (const auto& [group, nodes] : covers) {
    if (text.back() != '{') text.push_back(',');
    text.append("\"").append(group).append("\":[");
    for (const crypto::TreeNode& node : nodes) {
      std::string key = to_base64url(node.key.expose());
      if (text.back() != '[') text.push_back(',');
      text.append(R"({"index":)").append(std::to_string(node.index)).append(R"(,"key":")").append(key);
      text.append(R"(","level":)").append(std::to_string(node.level)).append("}");
      crypto::wipe({reinterpret_cast<std::uint8_t*>(key.data()), key.size()});
    }
    text.push_back(']');
  }
  text.append("}}");
  std::string jwe = sealer.encrypt(viewer, kGrantKeysTyp, view(text));
  crypto::wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  return jwe;
}

Result<KeyCovers> open_covers(const GrantClaims& claims, const crypto::DecryptionKey& viewer) {
  auto plain = crypto::decrypt_jwe(viewer, claims.keys, kMaxGrantBytes);
  if (!plain)
    return fail(ErrorCode::Corrupt, "grant_not_for_this_key",
                "The keys of this grant were sealed to another key than yours.");
  auto json = parse_json(as_text(*plain));
  crypto::wipe(*plain);
  if (!json) return forged("its keys cannot be read.");
  auto covers = read_covers(*json, claims);
  wipe_texts(*json);
  if (!covers && covers.error().reason != "grant_forged") return forged(covers.error().message);
  return covers;
}

}  // namespace swarma::access::policy
