// content asks the node itself: films packaged here are published as those from elsewhere are.
#pragma once

#include <thread>

#include "api/publish_title.h"
#include "content/publish/ports.h"

namespace swarma::node {

class LocalTitles final : public content::publish::TitlePort {
 public:
  /// The services come later: they hold the jobs that hold this.
  void connect(api::Services& services) { services_ = &services; }

  Result<void> publish(std::string_view record_jws, std::string_view sealed_jwe) override {
    // Hours of encoding are not given up because the database is held or away for a moment.
    for (int attempt = 1;; ++attempt) {
      const auto done =
          api::publish_title(*services_, std::string(record_jws), std::string(sealed_jwe), services_->owner.did());
      if (done) return {};
      const Error& error = done.error();
      if (error.code != ErrorCode::Unavailable || attempt == kAttempts || services_->draining())
        return std::unexpected(error);
      std::this_thread::sleep_for(error.retry_after.value_or(kPause));
    }
  }

 private:
  static constexpr int kAttempts = 30;
  static constexpr std::chrono::seconds kPause{2};
  api::Services* services_ = nullptr;
};

}  // namespace swarma::node
