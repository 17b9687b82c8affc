// What granting asks of the catalog: the current record of a title, and to count its unlocks.
#pragma once

#include "access/grant/prepared_titles.h"
#include "catalog/registry/registry.h"

namespace swarma::node {

class SignedTitlesByRegistry final : public access::grant::SignedTitles {
 public:
  explicit SignedTitlesByRegistry(catalog::registry::TitleRegistry& registry) : registry_(registry) {}

  Result<std::optional<std::int64_t>> find_revision(const TitleId& title) override {
    return registry_.find_revision(title);
  }

  Result<std::optional<std::int64_t>> find_revision(db::Session& session, const TitleId& title) override {
    return registry_.find_revision(session, title);
  }

  Result<void> count_unlock(db::Session& session, const TitleId& title, std::string_view path) override {
    return registry_.count_unlock(session, title, path);
  }

  Result<std::optional<access::grant::SignedTitle>> find_current(const TitleId& title) override {
    const auto stored = registry_.get(title);
    if (!stored && stored.error().reason == "title_not_found") return std::nullopt;
    if (!stored) return std::unexpected(stored.error());
    return access::grant::SignedTitle{(*stored)->record_jws, (*stored)->sealed};
  }

 private:
  catalog::registry::TitleRegistry& registry_;
};

}  // namespace swarma::node
