// The last step of every publish, whoever packaged the film: checks the record and everything it leads to, then makes
// it visible together with all that must become true at the same moment. And the way back.
#pragma once

#include <functional>
#include <string>

#include "catalog/registry/registry.h"

namespace swarma::catalog::registry {

/// What the desk asks of the creator's key agent about a sealed package. Safe for concurrent use.
class SealedIntake {
 public:
  /// Writes what the package brings, in the transaction that makes its title visible.
  using Write = std::function<Result<void>(db::Session&)>;

  virtual ~SealedIntake() = default;
  /// Whether the package is for this node's agent and sound, with terms that fit the title; or, where it is for an
  /// agent elsewhere, whether that one says so in `acceptance` (otherwise empty).
  virtual Result<Write> accept(const std::string& record_jws, const TitleId& id, const std::string& sealed,
                               const std::string& acceptance) = 0;
  /// Removes what accept() wrote, in the transaction that takes the title away.
  virtual Result<void> forget(db::Session& session, const TitleId& id) = 0;
};

struct Receipt {
  title::TitleRecord record;
  bool repeated = false;  // this very record was visible already
};

/// Safe for concurrent use.
class PublishingDesk {
 public:
  /// `on_published` is told of each title that has become visible or was so already; may be empty. The references
  /// outlive this.
  PublishingDesk(TitleRegistry& registry, BlobPresence& blobs, SealedIntake& intake,
                 std::function<void(const TitleId&, std::int64_t revision)> on_published = {})
      : registry_(registry), blobs_(blobs), intake_(intake), on_published_(std::move(on_published)) {}

  /// `publisher` must be the record's creator: Forbidden "not_creator". Further errors: those of verify_record,
  /// SealedIntake::accept, check_complete and TitleRegistry::publish.
  Result<Receipt> publish(const std::string& record_jws, const std::string& sealed, const std::string& acceptance,
                          const crypto::Did& publisher);

  /// Takes the title away with all that came with it. NotFound ("title_not_found", "title_withdrawn"). `make_room`:
  /// its blobs go at once, where no other title names them, instead of with a later sweep.
  Result<void> unpublish(const TitleId& id, bool make_room);

 private:
  TitleRegistry& registry_;
  BlobPresence& blobs_;
  SealedIntake& intake_;
  const std::function<void(const TitleId&, std::int64_t)> on_published_;
};

}  // namespace swarma::catalog::registry
