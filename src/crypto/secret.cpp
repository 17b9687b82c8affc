#include "crypto/secret.h"

#include <sodium.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/random.h"

#ifndef __has_feature
#define __has_feature(feature) 0
#endif

namespace swarma::crypto {

void wipe(std::span<std::uint8_t> bytes) {
  sodium_memzero(bytes.data(), bytes.size());
}

bool equal_in_constant_time(ByteView a, ByteView b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

SecretKey random_key() {
  SecretKey key;
  fill_random(key.expose_mutable());
  return key;
}

void protect_process_memory() {
  // Best effort: a kernel that refuses either call leaves the process as it was, which is no reason not to run.
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  // LeakSanitizer attaches to its own process when that ends, and could not.
  if constexpr (!__has_feature(address_sanitizer)) ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

}  // namespace swarma::crypto
