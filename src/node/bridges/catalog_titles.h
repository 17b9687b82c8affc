// access asks catalog: which record of a title is current; and tells it of unlocks.
#pragma once

#include "access/grant/titles.h"
#include "catalog/registry/registry.h"

namespace swarma::node {

class CatalogTitles final : public access::grant::TitleSource {
 public:
  explicit CatalogTitles(catalog::registry::TitleRegistry& registry) : registry_(registry) {}

  Result<std::optional<std::int64_t>> find_revision(const TitleId& title) override {
    return registry_.find_revision(title);
  }

  Result<std::optional<std::int64_t>> find_revision(db::Session& session, const TitleId& title) override {
    return registry_.find_revision(session, title);
  }

  Result<void> count_unlock(db::Session& session, const TitleId& title) override {
    return registry_.count_unlock(session, title);
  }

  Result<std::optional<access::grant::PublishedTitle>> find_current(const TitleId& title) override {
    const auto stored = registry_.find(title);
    if (!stored && stored.error().reason == "title_not_found") return std::nullopt;
    if (!stored) return std::unexpected(stored.error());
    return access::grant::PublishedTitle{(*stored)->record_jws, (*stored)->sealed};
  }

 private:
  catalog::registry::TitleRegistry& registry_;
};

}  // namespace swarma::node
