#include "api/publish_title.h"

#include <nlohmann/json.hpp>
#include <set>

#include "access/attest/code_book.h"
#include "api/terms.h"
#include "title/sealed_package.h"
#include "title/title_details.h"

namespace swarma::api {
namespace {

/// The registry's questions, put to the blob store.
class StorePresence final : public catalog::registry::BlobPresence {
 public:
  explicit StorePresence(content::blob::BlobStore& store) : store_(store) {}
  Result<std::optional<std::uint64_t>> has(const BlobId& id) override { return store_.touch(id); }
  Result<Bytes> read(const BlobId& id, std::size_t max_bytes) override { return store_.read(id, max_bytes); }

 private:
  content::blob::BlobStore& store_;
};

/// The details blob with other texts, as a new blob.
Result<BlobId> write_texts(Services& services, const BlobId& id, const title::LocalTexts& texts) {
  SWARMA_TRY(const Bytes bytes, services.blobs.read(id, title::kMaxDetailsBytes));
  SWARMA_TRY(title::TitleDetails details, title::parse_details(as_text(bytes)));
  details.texts = texts;
  SWARMA_TRY(const std::string text, title::write_details(details));
  return services.blobs.put(view(text));
}

}  // namespace

Result<PublishedTitle> publish_title(Services& services, const std::string& record_jws, const std::string& sealed,
                                     const crypto::Did& publisher) {
  SWARMA_TRY(const title::TitleRecord record, title::verify_record(record_jws));
  if (!(record.creator == publisher))
    return fail(ErrorCode::Forbidden, "not_creator", "A record is published by the key that signed it.");
  SWARMA_TRY(const title::CodeLists codes, services.agent.accept(record_jws, sealed));
  StorePresence presence(services.blobs);
  SWARMA_TRY(const auto complete, catalog::registry::check_complete(record, presence));
  SWARMA_TRY(const auto hashed, access::attest::hash_codes(services.database, record.id, codes));
  const auto also = [&](db::Session& session) { return access::attest::replace_codes(session, record.id, hashed); };
  SWARMA_TRY(const auto published, services.registry.publish(record_jws, record, sealed, complete, also));
  if (services.on_published) services.on_published(record.id, record.revision);
  return PublishedTitle{record.id, record.revision, published == catalog::registry::Published::Repeated,
                        remarks_on(record)};
}

namespace {

Result<std::set<BlobId>> named_blobs(Services& services) {
  std::set<BlobId> blobs;
  SWARMA_RETURN_IF_ERROR(services.registry.list_blobs(0, 255, [&](const BlobId& id) { blobs.insert(id); }));
  return blobs;
}

}  // namespace

Result<void> unpublish_title(Services& services, const TitleId& id) {
  // Blobs of a title that went are swept a week later. Not when the disk is full: room is what the owner is after.
  std::set<BlobId> before;
  if (services.disk.is_full()) {
    SWARMA_TRY(before, named_blobs(services));
  }
  SWARMA_RETURN_IF_ERROR(services.registry.unpublish(id));
  SWARMA_RETURN_IF_ERROR(
      services.database.transact([&](db::Session& session) { return access::attest::remove_codes(session, id); }));
  if (before.empty()) return {};
  SWARMA_TRY(const std::set<BlobId> still, named_blobs(services));
  for (const BlobId& blob : before)
    if (!still.contains(blob)) SWARMA_RETURN_IF_ERROR(services.blobs.remove(blob));
  return {};
}

Result<PublishedTitle> revise_title(Services& services, const TitleId& id, const Revision& revision) {
  SWARMA_TRY(const auto stored, services.registry.find(id));
  title::TitleRecord record = stored->record;
  if (!(record.creator == services.owner.did()))
    return fail(ErrorCode::Forbidden, "not_creator",
                "This title was signed elsewhere; only its creator can revise it, with swarma publish --revise.");
  SWARMA_TRY(title::SealedPackage package,
             title::open_package(stored->sealed, services.agent_decryption, id, record.revision));
  record.revision += 1;
  if (revision.name) record.name = *revision.name;
  if (revision.summary) record.summary = *revision.summary;
  if (revision.language) record.language = *revision.language;
  if (revision.tags) record.tags = *revision.tags;
  if (revision.texts) {
    SWARMA_TRY(record.details, write_texts(services, record.details, *revision.texts));
  }
  if (revision.policy) record.policy = *revision.policy;
  if (revision.codes) package.codes = *revision.codes;
  package.revision = record.revision;
  SWARMA_TRY(const std::string jws, title::sign_record(record, services.owner));
  return publish_title(services, jws, title::seal_package(package, services.agent_encryption), services.owner.did());
}

}  // namespace swarma::api
