// The body of POST /v1/keys/request.
#include <nlohmann/json.hpp>

#include "access/attest/attestation.h"
#include "access/grant/broker.h"
#include "access/policy/policy.h"
#include "crypto/key_tree.h"

namespace swarma::access::grant {
namespace {

std::unexpected<Error> bad(std::string message) {
  return fail(ErrorCode::BadRequest, "bad_key_request", std::move(message));
}

Result<SlotRange> read_slots(const JsonReader& reader) {
  SWARMA_TRY(const Json* pair, reader.array("slots", 2));
  const auto range = policy::find_range(*pair, crypto::kMaxSlots);
  if (!range || range->first == range->second) return bad("\"slots\" must be [begin, end] with begin < end.");
  return SlotRange{static_cast<Slot>(range->first), static_cast<Slot>(range->second)};
}

Result<std::vector<std::string>> read_texts(const JsonReader& reader, const char* name, std::size_t max_items,
                                            std::size_t max_bytes) {
  SWARMA_TRY(const Json* list, reader.array(name, max_items));
  std::vector<std::string> out;
  for (const Json& item : *list) {
    if (!item.is_string() || item.get_ref<const std::string&>().size() > max_bytes)
      return bad(std::string("\"") + name + "\" must hold texts of at most " + std::to_string(max_bytes) + " bytes.");
    out.push_back(item.get<std::string>());
  }
  return out;
}

}  // namespace

Result<KeyRequest> parse_key_request(const Json& body) {
  const JsonReader reader(body, "key request");
  SWARMA_RETURN_IF_ERROR(
      reader.only({"title_id", "revision", "path", "slots", "key_groups", "encryption_key", "attestations", "unlock"}));
  SWARMA_TRY(const std::string title, reader.text("title_id", 26));
  SWARMA_TRY(const TitleId id, TitleId::parse(title));
  SWARMA_TRY(const Json* jwk, reader.object("encryption_key"));
  SWARMA_TRY(const auto key, crypto::EncryptionKey::from_jwk(*jwk));
  KeyRequest request{.title = id,
                     .path = {},
                     .slots = {},
                     .key_groups = {},
                     .encryption_key = key,
                     .attestations = {},
                     .unlock = {},
                     .viewer = {},
                     .country = {},
                     .proof = {},
                     .idempotency = {}};
  SWARMA_TRY(request.revision, reader.integer("revision", 1, std::int64_t{1} << 50));
  SWARMA_TRY(request.path, reader.text("path", 32));
  SWARMA_TRY(request.slots, read_slots(reader));
  SWARMA_TRY(request.key_groups, read_texts(reader, "key_groups", kMaxKeyGroups, 32));
  if (reader.has("attestations")) {
    SWARMA_TRY(request.attestations,
               read_texts(reader, "attestations", kMaxAttestations, attest::kMaxAttestationBytes));
  }
  SWARMA_TRY(request.unlock, reader.text_or("unlock", policy::kMaxGrantBytes, ""));
  if (!request.unlock.empty() && !request.attestations.empty())
    return bad("Give \"attestations\" for a new unlock or \"unlock\" to roll on, not both.");
  return request;
}

}  // namespace swarma::access::grant
