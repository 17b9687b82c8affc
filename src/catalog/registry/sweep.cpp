#include "catalog/registry/sweep.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "catalog/registry/registry.h"

namespace swarma::catalog::registry {
namespace {

/// The beginnings of names. Two blobs that share one would need luck of 2^-64; the orphan among them would merely stay.
std::uint64_t short_name(const BlobId& id) {
  std::uint64_t out;
  std::memcpy(&out, id.digest().data(), sizeof out);
  return out;
}

struct Pass {
  std::uint8_t first, last;  // of the names' first bytes
};

/// As few passes as hold at most `max_names` names each; names are hashes, so they spread evenly.
std::vector<Pass> plan_passes(std::uint64_t names, std::size_t max_names) {
  const auto count =
      static_cast<unsigned>(std::min<std::uint64_t>(256, names / std::max<std::size_t>(max_names, 1) + 1));
  std::vector<Pass> passes;
  for (unsigned i = 0; i < count; ++i)
    passes.push_back(
        {static_cast<std::uint8_t>(256 * i / count), static_cast<std::uint8_t>(256 * (i + 1) / count - 1)});
  return passes;
}

Result<void> sweep_pass(SweptBlobs& blobs, TitleRegistry& registry, const SweepBounds& bounds, const Pass& pass,
                        SweepReport& report) {
  std::vector<std::uint64_t> named;
  SWARMA_RETURN_IF_ERROR(
      registry.list_blobs(pass.first, pass.last, [&](const BlobId& id) { named.push_back(short_name(id)); }));
  std::sort(named.begin(), named.end());
  Result<void> outcome;
  SWARMA_RETURN_IF_ERROR(blobs.list([&](const BlobId& id, std::uint64_t size) {
    if (id.digest()[0] < pass.first || id.digest()[0] > pass.last) return true;
    ++report.seen;
    if (std::binary_search(named.begin(), named.end(), short_name(id))) return true;
    const auto removed = blobs.remove_if_last_used(id, bounds.not_before, bounds.before);
    if (!removed) {
      outcome = std::unexpected(removed.error());
      return false;
    }
    report.removed += *removed ? 1 : 0;
    report.removed_bytes += *removed ? size : 0;
    return true;
  }));
  return outcome;
}

}  // namespace

Result<SweepReport> sweep_orphans(SweptBlobs& blobs, TitleRegistry& registry, const SweepBounds& bounds,
                                  std::size_t max_names_per_pass) {
  SWARMA_TRY(const NamedBlobs named, registry.count_blobs());
  SweepReport report;
  if (!named.ever_published || !bounds.held_back.empty() || bounds.before <= bounds.not_before) return report;
  for (const Pass& pass : plan_passes(named.count, max_names_per_pass))
    SWARMA_RETURN_IF_ERROR(sweep_pass(blobs, registry, bounds, pass, report));
  return report;
}

}  // namespace swarma::catalog::registry
