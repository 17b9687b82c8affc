// content asks catalog, in the same node: films packaged here are published as those from elsewhere are.
#pragma once

#include <thread>

#include "catalog/registry/desk.h"
#include "content/publish/ports.h"

namespace swarma::node {

class PublishPortByDesk final : public content::publish::TitlePort {
 public:
  /// All must outlive this.
  PublishPortByDesk(catalog::registry::PublishingDesk& desk, const crypto::SigningKey& creator,
                    const std::atomic<bool>& draining)
      : desk_(desk), creator_(creator), draining_(draining) {}

  Result<void> publish(std::string_view record_jws, std::string_view sealed_jwe) override {
    // Hours of encoding are not given up because the database is held or away for a moment.
    for (int attempt = 1;; ++attempt) {
      const auto done = desk_.publish(std::string(record_jws), std::string(sealed_jwe), creator_.did());
      if (done) return {};
      const Error& error = done.error();
      if (error.code != ErrorCode::Unavailable || attempt == kAttempts || draining_) return std::unexpected(error);
      std::this_thread::sleep_for(error.retry_after.value_or(kPause));
    }
  }

 private:
  static constexpr int kAttempts = 30;
  static constexpr std::chrono::seconds kPause{2};
  catalog::registry::PublishingDesk& desk_;
  const crypto::SigningKey& creator_;
  const std::atomic<bool>& draining_;
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
