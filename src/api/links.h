// One-time sign-in links for the studio: a random secret whose hash is a row, used once, within an hour. The secret
// travels in the fragment of a URL, which browsers send to nobody.
#pragma once

#include <span>
#include <string>

#include "base/clock.h"
#include "db/database.h"

namespace swarma::api {

inline constexpr std::chrono::hours kLinkLife{1};

std::span<const db::Migration> link_migrations();

/// Safe for concurrent use.
class Links {
 public:
  Links(db::Database& database, const Clock& clock) : database_(database), clock_(clock) {}
  /// A fresh secret, base64url of 24 bytes.
  Result<std::string> create();
  /// Uses it up. Forbidden "link_used", "link_expired" or "link_unknown".
  Result<void> redeem(std::string_view secret);

 private:
  db::Database& database_;
  const Clock& clock_;
};

}  // namespace swarma::api
