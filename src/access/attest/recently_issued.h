// Attestations that this process has just issued, by the hash of their text. Most are shown within seconds at the same
// node: what is found here need not be read and verified again. It saves work and decides nothing: what is missing is
// verified in full, and whether an attestation was used or revoked is in the database. Safe for concurrent use.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "access/attest/attestation.h"

namespace swarma::access::attest {

inline constexpr std::size_t kMaxRecentlyIssued = 4'096;  // some 6 MB; the oldest goes first

class RecentlyIssued final : public KnownAttestations {
 public:
  /// `attestation.jws` is its text.
  void put(Attestation attestation) {
    std::string digest = attestation_digest(attestation.jws);
    auto shared = std::make_shared<const Attestation>(std::move(attestation));
    const std::lock_guard lock(mutex_);
    if (order_.size() >= kMaxRecentlyIssued) {
      by_digest_.erase(order_.front());
      order_.pop_front();
    }
    order_.push_back(digest);
    by_digest_.emplace(std::move(digest), std::move(shared));
  }
  std::shared_ptr<const Attestation> find(const std::string& digest) const override {
    const std::lock_guard lock(mutex_);
    const auto found = by_digest_.find(digest);
    return found == by_digest_.end() ? nullptr : found->second;
  }

 private:
  mutable std::mutex mutex_;
  std::deque<std::string> order_;
  std::unordered_map<std::string, std::shared_ptr<const Attestation>> by_digest_;
};

}  // namespace swarma::access::attest
