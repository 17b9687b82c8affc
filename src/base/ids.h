// The ids every plane speaks. Each is valid from birth: made by parse() or by the code that owns it.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"

namespace swarma {

/// The SHA-256 of a blob's stored bytes: its name over HTTP, in S3, in IPFS and in a torrent.
class BlobId {
 public:
  using Digest = std::array<std::uint8_t, 32>;
  explicit BlobId(const Digest& digest) : digest_(digest) {}
  static Result<BlobId> parse(std::string_view hex);  // 64 lower-case hex digits

  const Digest& digest() const { return digest_; }
  std::string hex() const { return to_hex(digest_); }
  auto operator<=>(const BlobId&) const = default;

 private:
  Digest digest_;
};

/// A title's name: 26 characters of lower-case base32, the first 16 bytes of a hash over the creator's DID and a nonce
/// (title/title_record.h), so nobody else can sign a record under it.
class TitleId {
 public:
  using Raw = std::array<std::uint8_t, 16>;
  explicit TitleId(const Raw& raw) : raw_(raw) {}
  static Result<TitleId> parse(std::string_view text);

  const Raw& raw() const { return raw_; }
  std::string text() const { return to_base32(raw_); }
  auto operator<=>(const TitleId&) const = default;

 private:
  Raw raw_;
};

/// A place on a title's time line: slot n is segment n of every track.
using Slot = std::uint32_t;

/// Half-open range of slots [begin, end).
struct SlotRange {
  Slot begin = 0;
  Slot end = 0;
  bool empty() const { return begin >= end; }
  Slot size() const { return empty() ? 0 : end - begin; }
  bool contains(Slot slot) const { return slot >= begin && slot < end; }
  bool contains(SlotRange other) const { return other.begin >= begin && other.end <= end; }
  bool operator==(const SlotRange&) const = default;
};

}  // namespace swarma

template <>
struct std::hash<swarma::BlobId> {
  std::size_t operator()(const swarma::BlobId& id) const noexcept;
};
template <>
struct std::hash<swarma::TitleId> {
  std::size_t operator()(const swarma::TitleId& id) const noexcept;
};
