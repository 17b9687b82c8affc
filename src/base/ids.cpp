#include "base/ids.h"

#include <cstring>

namespace swarma {

Result<BlobId> BlobId::parse(std::string_view hex) {
  auto bytes = hex.size() == 64 ? parse_hex(hex) : Result<Bytes>(std::unexpected(Error{}));
  if (!bytes) return fail(ErrorCode::BadRequest, "bad_blob_id", "A blob is named by 64 lower-case hex digits.");
  SWARMA_TRY(const auto digest, take_exactly<32>(*bytes));
  return BlobId(digest);
}

Result<TitleId> TitleId::parse(std::string_view text) {
  auto bytes = text.size() == 26 ? parse_base32(text) : Result<Bytes>(std::unexpected(Error{}));
  if (!bytes) return fail(ErrorCode::BadRequest, "bad_title_id", "A title id is 26 characters of a–z and 2–7.");
  SWARMA_TRY(const auto raw, take_exactly<16>(*bytes));
  return TitleId(raw);
}

}  // namespace swarma

// Both ids are outputs of SHA-256: their first bytes are a good hash already.
std::size_t std::hash<swarma::BlobId>::operator()(const swarma::BlobId& id) const noexcept {
  std::size_t out;
  std::memcpy(&out, id.digest().data(), sizeof out);
  return out;
}

std::size_t std::hash<swarma::TitleId>::operator()(const swarma::TitleId& id) const noexcept {
  std::size_t out;
  std::memcpy(&out, id.raw().data(), sizeof out);
  return out;
}
