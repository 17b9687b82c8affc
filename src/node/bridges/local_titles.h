// content asks the node itself: films packaged here are published as those from elsewhere are.
#pragma once

#include "api/publish_title.h"
#include "content/publish/ports.h"

namespace swarma::node {

class LocalTitles final : public content::publish::TitlePort {
 public:
  /// The services come later: they hold the jobs that hold this.
  void connect(api::Services& services) { services_ = &services; }

  Result<void> publish(std::string_view record_jws, std::string_view sealed_jwe) override {
    SWARMA_CHECK(
        api::publish_title(*services_, std::string(record_jws), std::string(sealed_jwe), services_->owner.did()));
    return {};
  }

 private:
  api::Services* services_ = nullptr;
};

}  // namespace swarma::node
