// What granting needs to know about titles. SignedTitles is the port, which node/bridges connects to the catalog;
// PreparedTitles verifies and parses each revision once.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "access/policy/policy.h"
#include "base/ids.h"
#include "db/database.h"
#include "title/title_record.h"

namespace swarma::access::grant {

struct SignedTitle {
  std::string record;  // JWS
  std::string sealed;  // JWE to the key agent
};

class SignedTitles {
 public:
  virtual ~SignedTitles() = default;
  /// The current revision, or nothing if there is no such title (any more). Must see what another node on the same
  /// database published. A revision number of a title is never given to another record, not even after it was
  /// unpublished. Safe for concurrent use.
  virtual Result<std::optional<std::int64_t>> find_revision(const TitleId& title) = 0;
  /// The same inside the transaction that makes a grant final.
  virtual Result<std::optional<std::int64_t>> find_revision(db::Session& session, const TitleId& title) = 0;
  /// The title was unlocked once more, by this path; part of the same transaction.
  virtual Result<void> count_unlock(db::Session& session, const TitleId& title, std::string_view path) = 0;
  /// The current record and its sealed package.
  virtual Result<std::optional<SignedTitle>> find_current(const TitleId& title) = 0;
};

/// A title as granting sees it: verified, parsed, immutable.
struct PreparedTitle {
  title::TitleRecord record;
  policy::Policy policy;
  policy::TitleShape shape;
  std::string policy_hash;
  std::string creator_jkt;
  SignedTitle source;
  mutable std::atomic<bool> is_kept = false;  // its record lies beside the grants (evidence.h)
};

inline constexpr std::size_t kMaxPreparedTitles = 4'096;

/// Up to kMaxPreparedTitles titles in memory. Safe for concurrent use.
class PreparedTitles {
 public:
  explicit PreparedTitles(SignedTitles& titles);
  ~PreparedTitles();
  /// The current revision. NotFound "title_not_found"; Corrupt if the stored record does not verify.
  Result<std::shared_ptr<const PreparedTitle>> get(const TitleId& title);
  /// What was current when it was last asked for, without asking again; null if that is not known.
  std::shared_ptr<const PreparedTitle> find_known(const TitleId& title);
  SignedTitles& source();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

Result<std::shared_ptr<const PreparedTitle>> prepare_title(SignedTitle source);

}  // namespace swarma::access::grant
