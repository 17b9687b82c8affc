#include "content/blob/scrub.h"

namespace swarma::content::blob {

Result<ScrubReport> Scrubber::run(std::uint64_t max_bytes) {
  constexpr unsigned kParts = 256;
  ScrubReport report;
  for (unsigned parts = 0; report.bytes < max_bytes;) {
    if (waiting_.empty()) {
      if (parts++ == kParts) break;
      SWARMA_RETURN_IF_ERROR(
          store_.list_part(static_cast<std::uint8_t>(next_part_), [&](const BlobId& id, std::uint64_t) {
            waiting_.push_back(id);
            return true;
          }));
      next_part_ = (next_part_ + 1) % kParts;
      continue;
    }
    const BlobId id = waiting_.back();
    waiting_.pop_back();
    const auto size = store_.verify(id);
    if (!size && size.error().code == ErrorCode::NotFound) continue;  // removed meanwhile
    if (!size) return std::unexpected(size.error());
    ++report.blobs;
    report.bytes += size->value_or(0);
    if (!*size) report.damaged.push_back(id);
  }
  return report;
}

}  // namespace swarma::content::blob
