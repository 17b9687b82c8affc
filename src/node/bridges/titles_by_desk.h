// content asks catalog, in the same node: films packaged here are published as those from elsewhere are.
#pragma once

#include "catalog/registry/desk.h"
#include "content/publish/ports.h"

namespace swarma::node {

class PublishPortByDesk final : public content::publish::PublishPort {
 public:
  /// Both outlive this.
  PublishPortByDesk(catalog::registry::PublishingDesk& desk, const crypto::SigningKey& creator)
      : desk_(desk), creator_(creator) {}

  Result<void> publish(std::string_view record_jws, std::string_view sealed_jwe) override {
    const auto done = desk_.publish(std::string(record_jws), std::string(sealed_jwe), {}, creator_.did());
    return done ? Result<void>() : std::unexpected(done.error());
  }

 private:
  catalog::registry::PublishingDesk& desk_;
  const crypto::SigningKey& creator_;
};

class VisibleTitlesByRegistry final : public content::publish::VisibleTitles {
 public:
  explicit VisibleTitlesByRegistry(catalog::registry::TitleRegistry& registry) : registry_(registry) {}
  Result<content::publish::VisibleTitle> get(const TitleId& id) override {
    SWARMA_TRY(const auto stored, registry_.get(id));
    return content::publish::VisibleTitle{stored->record, stored->record_jws, stored->sealed};
  }

 private:
  catalog::registry::TitleRegistry& registry_;
};

}  // namespace swarma::node
