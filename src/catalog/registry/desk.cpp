#include "catalog/registry/desk.h"

#include <set>

namespace swarma::catalog::registry {
namespace {

Result<std::set<BlobId>> named_blobs(TitleRegistry& registry) {
  std::set<BlobId> blobs;
  SWARMA_RETURN_IF_ERROR(registry.list_blobs(0, 255, [&](const BlobId& id) { blobs.insert(id); }));
  return blobs;
}

}  // namespace

Result<Receipt> PublishingDesk::publish(const std::string& record_jws, const std::string& sealed,
                                        const std::string& acceptance, const crypto::Did& publisher) {
  SWARMA_TRY(title::TitleRecord record, title::verify_record(record_jws));
  if (!(record.creator == publisher))
    return fail(ErrorCode::Forbidden, "not_creator", "A record is published by the key that signed it.");
  SWARMA_TRY(const SealedIntake::Write also, intake_.accept(record_jws, record.id, sealed, acceptance));
  SWARMA_TRY(const CompleteTitle complete, check_complete(record, blobs_));
  SWARMA_TRY(const Published published, registry_.publish(record_jws, record, sealed, complete, also));
  if (on_published_) on_published_(record.id, record.revision);
  return Receipt{.record = std::move(record), .repeated = published == Published::Repeated};
}

Result<void> PublishingDesk::unpublish(const TitleId& id, bool make_room) {
  std::set<BlobId> before;
  if (make_room) {
    SWARMA_TRY(before, named_blobs(registry_));
  }
  SWARMA_RETURN_IF_ERROR(registry_.unpublish(id, [&](db::Session& session) { return intake_.forget(session, id); }));
  if (before.empty()) return {};
  SWARMA_TRY(const std::set<BlobId> still, named_blobs(registry_));
  for (const BlobId& blob : before)
    if (!still.contains(blob)) SWARMA_RETURN_IF_ERROR(blobs_.remove(blob));
  return {};
}

}  // namespace swarma::catalog::registry
