// The sealed package (JWE, typ swarma-sealed+jwe) that goes with a record to the creator's key agent: the title secret
// and the private code lists. Nobody else can open it.
#pragma once

#include <string>
#include <string_view>

#include "base/ids.h"
#include "crypto/jws.h"
#include "title/codes.h"

namespace swarma::title {

inline constexpr std::string_view kSealedTyp = "swarma-sealed+jwe";
inline constexpr std::size_t kMaxSealedBytes = 512 * 1024;

struct SealedPackage {
  TitleId title;
  std::int64_t revision = 1;
  crypto::SecretKey title_secret;
  CodeLists codes;
};

std::string seal_package(const SealedPackage& package, const crypto::EncryptionKey& agent);
/// Corrupt "sealed_package_bad" when it is for another key, malformed, or names another title or revision.
Result<SealedPackage> open_package(std::string_view jwe, const crypto::DecryptionKey& agent, const TitleId& title,
                                   std::int64_t revision);

}  // namespace swarma::title
