#include "content/publish/reviser.h"

#include "title/sealed_package.h"
#include "title/title_details.h"

namespace swarma::content::publish {

Result<ExistingTitle> next_revision(VisibleTitles& titles, const crypto::Did& creator, const TitleId& id) {
  SWARMA_TRY(const VisibleTitle title, titles.get(id));
  if (!(title.record.creator == creator))
    return fail(ErrorCode::Forbidden, "not_creator", "Only the creator of a title can publish a new revision of it.");
  return ExistingTitle{id, title.record.nonce, title.record.revision + 1};
}

/// The details blob with other texts, as a new blob.
Result<BlobId> Reviser::write_texts(const BlobId& id, const title::LocalTexts& texts) {
  SWARMA_TRY(const Bytes bytes, blobs_.read(id, title::kMaxDetailsBytes));
  SWARMA_TRY(title::TitleDetails details, title::parse_details(as_text(bytes)));
  details.texts = texts;
  SWARMA_TRY(const std::string text, title::write_details(details));
  return blobs_.put(view(text));
}

Result<title::TitleRecord> Reviser::revise(const TitleId& id, const Revision& revision) {
  SWARMA_TRY(VisibleTitle title, titles_.get(id));
  title::TitleRecord& record = title.record;
  if (!(record.creator == creator_.signing.did()))
    return fail(ErrorCode::Forbidden, "not_creator",
                "This title was signed elsewhere; only its creator can revise it, with swarma publish --revise.");
  SWARMA_TRY(title::SealedPackage package, title::open_package(title.sealed, creator_.decryption, id, record.revision));
  record.revision += 1;
  package.revision = record.revision;
  if (revision.name) record.name = *revision.name;
  if (revision.summary) record.summary = *revision.summary;
  if (revision.language) record.language = *revision.language;
  if (revision.tags) record.tags = *revision.tags;
  if (revision.texts) {
    SWARMA_TRY(record.details, write_texts(record.details, *revision.texts));
  }
  if (revision.policy) record.policy = *revision.policy;
  if (revision.codes) package.codes = *revision.codes;
  SWARMA_TRY(const std::string jws, title::sign_record(record, creator_.signing));
  SWARMA_RETURN_IF_ERROR(publishing_.publish(jws, title::seal_package(package, creator_.decryption.encryption_key())));
  return std::move(record);
}

}  // namespace swarma::content::publish
