// Secret bytes: wiped when they die, no conversion to text, comparison in constant time.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/bytes.h"

namespace swarma::crypto {

/// Overwrites memory in a way the compiler keeps.
void wipe(std::span<std::uint8_t> bytes);

/// Constant-time equality; lengths are not secret.
bool equal_in_constant_time(ByteView a, ByteView b);

template <std::size_t N>
class Secret {
 public:
  Secret() : bytes_{} {}
  explicit Secret(const std::array<std::uint8_t, N>& bytes) : bytes_(bytes) {}
  Secret(const Secret&) = default;
  Secret& operator=(const Secret&) = default;
  ~Secret() { wipe(bytes_); }

  /// For cryptographic calls only: never log, print or store what this returns.
  std::span<const std::uint8_t, N> expose() const { return bytes_; }
  std::span<std::uint8_t, N> expose_mutable() { return bytes_; }
  bool operator==(const Secret& other) const { return equal_in_constant_time(bytes_, other.bytes_); }

 private:
  std::array<std::uint8_t, N> bytes_;
};

using SecretKey = Secret<32>;

/// A fresh key from the kernel.
SecretKey random_key();

/// Makes core dumps and ptrace by other users' processes impossible for this process (prctl, setrlimit). Call first in
/// main. A program built with AddressSanitizer stays open to ptrace.
void protect_process_memory();

}  // namespace swarma::crypto
