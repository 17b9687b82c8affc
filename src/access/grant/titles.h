// What granting needs to know about titles. TitleSource is the port (node/bridges fits the catalog to it); TitleCache
// parses a record and its policy once per revision.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "access/policy/policy.h"
#include "base/ids.h"
#include "db/database.h"
#include "title/title_record.h"

namespace swarma::access::grant {

struct PublishedTitle {
  std::string record;  // JWS
  std::string sealed;  // JWE to the key agent
};

class TitleSource {
 public:
  virtual ~TitleSource() = default;
  /// The current revision, or nothing if there is no such title (any more). Must see what another node on the same
  /// database published. A revision number of a title is never given to another record, not even after it was
  /// unpublished. Safe for concurrent use.
  virtual Result<std::optional<std::int64_t>> find_revision(const TitleId& title) = 0;
  /// The same inside the transaction that makes a grant final.
  virtual Result<std::optional<std::int64_t>> find_revision(db::Session& session, const TitleId& title) = 0;
  /// The title was unlocked once more; part of the same transaction.
  virtual Result<void> count_unlock(db::Session& session, const TitleId& title) = 0;
  /// The current record and its sealed package.
  virtual Result<std::optional<PublishedTitle>> find_current(const TitleId& title) = 0;
};

/// A title as granting sees it: verified, parsed, immutable.
struct PreparedTitle {
  title::TitleRecord record;
  policy::Policy policy;
  policy::TitleShape shape;
  std::string policy_hash;
  std::string creator_jkt;
  PublishedTitle published;
};

/// Up to kMaxCachedTitles prepared titles. Safe for concurrent use.
class TitleCache {
 public:
  explicit TitleCache(TitleSource& source);
  ~TitleCache();
  /// The current revision. NotFound "title_not_found"; Corrupt if the stored record does not verify.
  Result<std::shared_ptr<const PreparedTitle>> get(const TitleId& title);
  /// What was current when it was last asked for, without asking again; null if that is not known.
  std::shared_ptr<const PreparedTitle> find_known(const TitleId& title);
  TitleSource& source();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};
inline constexpr std::size_t kMaxCachedTitles = 4'096;

Result<std::shared_ptr<const PreparedTitle>> prepare_title(PublishedTitle published);

}  // namespace swarma::access::grant
