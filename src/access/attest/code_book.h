// The codes of allowlist_token: salted, under Argon2id, in the database. They come out of the opened sealed package
// when a title is published and leave with it. A code's plain text is never stored.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "db/database.h"
#include "title/codes.h"

namespace swarma::access::attest {

// RFC 9106 / OWASP: 19 MiB, two passes. A guess costs the node about 20 ms and the thief of a database the same.
inline constexpr std::size_t kArgonMemoryBytes = 19 << 20;
inline constexpr unsigned kArgonPasses = 2;

// Wrong codes for a title in one window of kAttemptWindowSeconds; all counts are in the database. A viewer has
// kAttemptsPerViewer. A network (guesser.h) has kAttemptsPerNetwork; after these it is slowed, not shut: one code every
// kPaceSeconds is checked, and its answer held back until its turn, for at most kMostHeldSeconds; of a viewer who has
// been wrong in this window only kSlowedAttempts in all. Nothing counts for a title as a whole: strangers could shut
// it.
inline constexpr std::int64_t kAttemptWindowSeconds = 600;
inline constexpr std::int64_t kAttemptsPerViewer = 10;
inline constexpr std::int64_t kAttemptsPerNetwork = 30;
inline constexpr std::int64_t kSlowedAttempts = 3;
inline constexpr std::int64_t kPaceSeconds = 5;
inline constexpr std::int64_t kMostHeldSeconds = 15;

struct HashedCode {
  std::string list;
  Bytes salt;  // of the list: one Argon2id per guess, however long the list
  Bytes hash;
  std::int64_t max_uses = 0;
};

inline constexpr std::size_t kSaltBytes = 16;
inline constexpr std::size_t kCodeHashBytes = 32;

/// With the salt that `salt_of` gives for each list. Slow (Argon2id per code), outside any transaction. BadRequest
/// "codes_bad" beyond kMaxCodes or for a code of a wrong length.
Result<std::vector<HashedCode>> hash_codes(const title::CodeLists& codes,
                                           const std::function<Bytes(const std::string& list)>& salt_of);
/// The same. Keeps the salts of lists that exist, so that counts survive a new
/// revision.
Result<std::vector<HashedCode>> hash_codes(db::Database& database, const TitleId& title, const title::CodeLists& codes);

/// Makes exactly these the codes of the title; uses of codes that stay are kept. Runs in the caller's transaction.
Result<void> replace_codes(db::Session& session, const TitleId& title, const std::vector<HashedCode>& codes);
Result<void> remove_codes(db::Session& session, const TitleId& title);

}  // namespace swarma::access::attest
