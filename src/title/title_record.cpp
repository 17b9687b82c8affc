#include "title/title_record.h"

#include <nlohmann/json.hpp>
#include <set>

#include "crypto/hash.h"
#include "crypto/key_tree.h"
#include "title/checks.h"
#include "title/title_details.h"

namespace swarma::title {
namespace {

constexpr std::size_t kMaxTags = 32;
constexpr std::size_t kMaxTagBytes = 64;
constexpr std::size_t kMaxGroups = 8;
constexpr std::size_t kMaxGroupBytes = 32;
constexpr std::size_t kMaxDidBytes = 128;
constexpr std::int64_t kMaxRevision = 1'000'000'000;
constexpr std::int64_t kMaxDurationMs = std::int64_t{100} * 24 * 3'600'000;  // beyond what kMaxSlots slots can last

std::unexpected<Error> bad(std::string message) {
  return fail(ErrorCode::Corrupt, "record_bad", std::move(message));
}

Result<Json> to_payload(const TitleRecord& record) {
  SWARMA_TRY(Json policy, parse_json(record.policy));
  Json payload = {{"title_id", record.id.text()},
                  {"nonce", record.nonce},
                  {"revision", record.revision},
                  {"creator", record.creator.text()},
                  {"created_at", record.created_at.unix_s()},
                  {"name", record.name},
                  {"language", record.language},
                  {"summary", record.summary},
                  {"tags", record.tags},
                  {"duration_ms", record.duration_ms},
                  {"slots", record.slots},
                  {"scheme", kScheme},
                  {"salt", record.salt},
                  {"key_groups", record.key_groups},
                  {"playlist", record.playlist.hex()},
                  {"details", record.details.hex()},
                  {"policy", std::move(policy)},
                  {"agent", {{"signer", record.agent.signer.text()}, {"encryption", record.agent.encryption.did()}}}};
  if (record.poster) payload["poster"] = record.poster->hex();
  return payload;
}

Result<BlobId> read_blob(const JsonReader& reader, const char* name) {
  SWARMA_TRY(const std::string hex, reader.text(name, 64));
  return BlobId::parse(hex);
}

Result<KeyAgentRef> read_agent(const JsonReader& reader) {
  SWARMA_TRY(const Json* object, reader.object("agent"));
  const JsonReader agent(*object, "title record's agent");
  SWARMA_TRY(const std::string signer, agent.text("signer", kMaxDidBytes));
  SWARMA_TRY(const std::string encryption, agent.text("encryption", kMaxDidBytes));
  SWARMA_TRY(auto did, crypto::Did::parse(signer));
  SWARMA_TRY(auto key, crypto::EncryptionKey::parse(encryption));
  return KeyAgentRef{std::move(did), std::move(key)};
}

Result<std::vector<std::string>> read_texts(const JsonReader& reader, const char* name, std::size_t max_items,
                                            std::size_t max_bytes) {
  SWARMA_TRY(const Json* array, reader.array(name, max_items));
  std::vector<std::string> out;
  for (const Json& item : *array) {
    if (!item.is_string() || item.get_ref<const std::string&>().empty() ||
        item.get_ref<const std::string&>().size() > max_bytes ||
        !is_clean_text(item.get_ref<const std::string&>(), Lines::One))
      return bad(std::string("In the title record, an entry of \"") + name + "\" is not a short plain text.");
    out.push_back(item.get<std::string>());
  }
  return out;
}

Result<void> check_texts(const TitleRecord& record) {
  if (!is_clean_text(record.name, Lines::One) || !is_clean_text(record.summary, Lines::Many))
    return bad("The name or the summary in the title record has control characters.");
  if (!is_language(record.language)) return bad("The language in the title record is not a BCP 47 tag.");
  if (!is_16_bytes(record.nonce) || !is_16_bytes(record.salt))
    return bad("The nonce and the salt in the title record must be 16 bytes each.");
  std::set<std::string> groups;
  for (const std::string& group : record.key_groups)
    if (!is_slug(group, kMaxGroupBytes) || !groups.insert(group).second)
      return bad("The key groups in the title record must be different short names of a-z, 0-9 and hyphens.");
  if (groups.empty()) return bad("The title record names no key group.");
  return {};
}

/// Everything but who signed. Members that are not known here are left alone: they are signed, and a later version may
/// add some that an older viewer can do without; what it cannot do without gets another `scheme`.
Result<TitleRecord> read_payload(const Json& payload) {
  const JsonReader reader(payload, "title record");
  SWARMA_RETURN_IF_ERROR(reader.expect_object());
  SWARMA_TRY(const std::string scheme, reader.text("scheme", 64));
  if (scheme != kScheme)
    return fail(ErrorCode::Unsupported, "unknown_scheme",
                "This title is encrypted in a way that this version does not know. A newer version may play it.");
  SWARMA_TRY(const std::string id_text, reader.text("title_id", 26));
  SWARMA_TRY(const TitleId id, TitleId::parse(id_text));
  SWARMA_TRY(const std::string creator_text, reader.text("creator", kMaxDidBytes));
  SWARMA_TRY(auto creator, crypto::Did::parse(creator_text));
  SWARMA_TRY(const BlobId playlist, read_blob(reader, "playlist"));
  SWARMA_TRY(const BlobId details, read_blob(reader, "details"));
  SWARMA_TRY(auto agent, read_agent(reader));
  SWARMA_TRY(const Json* policy, reader.object("policy"));
  TitleRecord record{.id = id,
                     .nonce = {},
                     .creator = std::move(creator),
                     .name = {},
                     .language = {},
                     .summary = {},
                     .tags = {},
                     .salt = {},
                     .key_groups = {},
                     .playlist = playlist,
                     .details = details,
                     .poster = std::nullopt,
                     .policy = {},
                     .agent = std::move(agent)};
  SWARMA_TRY(record.nonce, reader.text("nonce", 22));
  SWARMA_TRY(record.revision, reader.integer("revision", 1, kMaxRevision));
  SWARMA_TRY(record.created_at, reader.instant("created_at"));
  SWARMA_TRY(record.name, reader.text("name", kMaxNameBytes));
  SWARMA_TRY(record.language, reader.text("language", kMaxLanguageBytes));
  SWARMA_TRY(record.summary, reader.text("summary", kMaxSummaryBytes));
  SWARMA_TRY(record.tags, read_texts(reader, "tags", kMaxTags, kMaxTagBytes));
  SWARMA_TRY(record.duration_ms, reader.integer("duration_ms", 0, kMaxDurationMs));
  SWARMA_TRY(const std::int64_t slots, reader.integer("slots", 1, crypto::kMaxSlots));
  record.slots = static_cast<Slot>(slots);
  SWARMA_TRY(record.salt, reader.text("salt", 22));
  SWARMA_TRY(record.key_groups, read_texts(reader, "key_groups", kMaxGroups, kMaxGroupBytes));
  if (reader.has("poster")) {
    SWARMA_TRY(record.poster, read_blob(reader, "poster"));
  }
  SWARMA_TRY(record.policy, canonical_json(*policy));
  SWARMA_RETURN_IF_ERROR(check_texts(record));
  return record;
}

bool owns_id(const TitleRecord& record) {
  return make_title_id(record.creator, record.nonce) == record.id;
}

}  // namespace

TitleId make_title_id(const crypto::Did& creator, std::string_view nonce) {
  std::string text = "swarma/1 title\n";
  text.append(creator.text()).append("\n").append(nonce);
  const auto digest = crypto::sha256(view(text));
  TitleId::Raw raw;
  std::copy_n(digest.begin(), raw.size(), raw.begin());
  return TitleId(raw);
}

Result<std::string> sign_record(const TitleRecord& record, const crypto::SigningKey& creator) {
  if (!(record.creator == creator.did()) || !owns_id(record))
    return fail(ErrorCode::Forbidden, "not_your_title", "Only the key that made this title can sign a record of it.");
  SWARMA_TRY(const Json payload, to_payload(record));
  // Nothing is signed that a viewer would refuse.
  if (auto readable = read_payload(payload); !readable)
    return fail(ErrorCode::BadRequest, "record_invalid", readable.error().message);
  SWARMA_TRY(std::string jws, crypto::sign_jws(creator, crypto::kTitleTyp, payload));
  if (jws.size() > kMaxRecordBytes)
    return fail(ErrorCode::TooLarge, "record_too_large",
                "The title record would have " + std::to_string(jws.size()) + " bytes; " +
                    std::to_string(kMaxRecordBytes) + " are allowed. Shorten the policy, the summary or the tags.");
  return jws;
}

Result<TitleRecord> verify_record(std::string_view jws) {
  if (jws.size() > kMaxRecordBytes)
    return bad("A title record has at most " + std::to_string(kMaxRecordBytes) + " bytes.");
  const auto claimed = crypto::peek_jws(jws, kMaxRecordBytes);
  if (!claimed) return bad("This is not a title record: " + claimed.error().message);
  auto record = read_payload(*claimed);
  if (!record) {
    if (record.error().code == ErrorCode::Unsupported) return std::unexpected(record.error());
    return bad(record.error().message);
  }
  if (!crypto::verify_jws(jws, crypto::kTitleTyp, record->creator, kMaxRecordBytes))
    return fail(ErrorCode::Corrupt, "record_forged", "The title record is not signed by the creator it names.");
  if (!owns_id(*record))
    return fail(ErrorCode::Corrupt, "record_forged",
                "The title record is signed by a key that this title does not belong to.");
  return record;
}

std::string policy_hash(std::string_view canonical_policy) {
  return to_base64url(crypto::sha256(view(canonical_policy)));
}

Result<Bytes> segment_additional_data(const TitleId& id, std::string_view salt, std::string_view track_id, Slot slot) {
  SWARMA_TRY(const Bytes salt_bytes, parse_base64url(salt));
  if (salt_bytes.size() != 16) return fail(ErrorCode::BadRequest, "bad_salt", "A revision salt has 16 bytes.");
  if (!is_slug(track_id, kMaxTrackIdBytes))
    return fail(ErrorCode::BadRequest, "bad_track_id", "A track id is 1 to 64 of a-z, 0-9 and hyphens.");
  Bytes out(id.raw().begin(), id.raw().end());
  out.reserve(16 + 16 + 2 + track_id.size() + 4);
  out.insert(out.end(), salt_bytes.begin(), salt_bytes.end());
  out.push_back(static_cast<std::uint8_t>(track_id.size() >> 8));
  out.push_back(static_cast<std::uint8_t>(track_id.size()));
  out.insert(out.end(), track_id.begin(), track_id.end());
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(slot >> shift));
  return out;
}

}  // namespace swarma::title
