// New revisions of titles by their creator, without packaging the film again: the same blobs and the same secret with
// other words or other terms.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "content/publish/ports.h"
#include "content/publish/publisher.h"
#include "crypto/keys.h"
#include "title/codes.h"
#include "title/local_text.h"

namespace swarma::content::publish {

/// What the next revision of a title must repeat and continue. Forbidden ("not_creator") for somebody else's title,
/// NotFound as VisibleTitles::get.
Result<ExistingTitle> next_revision(VisibleTitles& titles, const crypto::Did& creator, const TitleId& id);

/// What changes; the rest stays.
struct Revision {
  std::optional<std::string> name, summary, language;
  std::optional<std::vector<std::string>> tags;
  std::optional<title::LocalTexts> texts;
  std::optional<std::string> policy;  // canonical
  std::optional<title::CodeLists> codes;
};

/// Safe for concurrent use.
class Reviser {
 public:
  /// All must outlive this.
  Reviser(const crypto::Identity& creator, VisibleTitles& titles, blob::BlobStore& blobs, PublishPort& publishing)
      : creator_(creator), titles_(titles), blobs_(blobs), publishing_(publishing) {}

  /// Signs and publishes the next revision; returns its record. Errors as next_revision and PublishPort::publish.
  Result<title::TitleRecord> revise(const TitleId& id, const Revision& revision);

 private:
  Result<BlobId> write_texts(const BlobId& details, const title::LocalTexts& texts);

  const crypto::Identity& creator_;
  VisibleTitles& titles_;
  blob::BlobStore& blobs_;
  PublishPort& publishing_;
};

}  // namespace swarma::content::publish
