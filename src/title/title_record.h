// The title record: the one signed thing about a title that changes, by a new revision. Everything else is immutable
// blobs.
//
//   title_id = first 16 bytes of SHA-256("swarma/1 title\n" ‖ creator DID ‖ "\n" ‖ nonce), so a viewer who knows only
//   the id can tell that a record is by the one creator who may sign it, whoever delivered it.
//
// The JWS (typ swarma-title+jwt) stays under 8 KB. What grows with the film or with languages is in the `details` blob.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/json.h"
#include "crypto/jws.h"

namespace swarma::title {

inline constexpr std::size_t kMaxRecordBytes = 8 * 1024;
inline constexpr std::string_view kScheme = "aes-256-gcm";

/// Who issues the grants of this title: the creator's own key agent.
struct KeyAgentRef {
  crypto::Did signer;                // signs grants
  crypto::EncryptionKey encryption;  // receives the sealed title secret
};

struct TitleRecord {
  TitleId id;
  std::string nonce;          // base64url, 16 bytes
  std::int64_t revision = 1;  // 1, 2, 3 …; a viewer never goes back
  crypto::Did creator;
  Instant created_at;
  std::string name;      // at most 300 bytes
  std::string language;  // BCP 47 of name and summary, may be empty
  std::string summary;   // at most 1,000 bytes
  std::vector<std::string> tags;
  std::int64_t duration_ms = 0;
  Slot slots = 1;
  std::string salt;                     // base64url, 16 bytes: the revision salt in every segment's additional data
  std::vector<std::string> key_groups;  // "sd", "hd", …
  BlobId playlist;                      // multivariant playlist
  BlobId details;                       // TitleDetails
  std::optional<BlobId> poster;
  std::string policy;  // canonical JSON of access/policy
  KeyAgentRef agent;
};

TitleId make_title_id(const crypto::Did& creator, std::string_view nonce);

/// Signs; TooLarge ("record_too_large") beyond kMaxRecordBytes.
Result<std::string> sign_record(const TitleRecord& record, const crypto::SigningKey& creator);

/// Parses and verifies: signature by the creator it names, and that creator owns the id. Corrupt ("record_forged",
/// "record_bad") otherwise. Whether it is the newest revision is for the caller, who knows the last one seen.
Result<TitleRecord> verify_record(std::string_view jws);

/// base64url SHA-256 of the canonical policy: the `policy_hash` of grants.
std::string policy_hash(std::string_view canonical_policy);

/// Additional data of a stored segment: title id (16 bytes) ‖ salt (16) ‖ u16 BE length ‖ track id ‖ u32 BE index.
Result<Bytes> segment_additional_data(const TitleId& id, std::string_view salt, std::string_view track_id, Slot slot);

}  // namespace swarma::title
