// Encrypts the segments of one track. The nonce is constant, so a content key must never meet two plaintexts: one
// encryptor belongs to one track id, which is fresh from the kernel, and takes each slot exactly once, in order. A
// violation would break the encryption of the film without a sign, so it aborts.
#pragma once

#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/ids.h"
#include "crypto/key_tree.h"
#include "title/title_record.h"

namespace swarma::content::publish {

/// "v720" → "v720-3f9a1c0252d6b7e8": never used before for other bytes.
std::string make_track_id(std::string_view key);

struct TitleKeys {
  TitleId id;
  std::string salt;  // base64url, 16 bytes
  crypto::SecretKey title_secret;
  Slot slots = 1;
};

/// Encrypts one segment, once, on any thread.
class SegmentSeal {
 public:
  SegmentSeal(const crypto::SecretKey& key, Bytes additional_data)
      : key_(std::make_unique<crypto::SecretKey>(key)), additional_data_(std::move(additional_data)) {}

  /// The plaintext becomes the stored segment in its own place. Aborts when called again.
  void operator()(Bytes& segment);

 private:
  std::unique_ptr<crypto::SecretKey> key_;  // not to be copied, gone after use
  Bytes additional_data_;
};

/// Not safe for concurrent use; different tracks may run on different threads.
class TrackEncryptor {
 public:
  TrackEncryptor(const TitleKeys& keys, std::string_view key_group, std::string track_id);

  /// The seal of the next slot. It cannot be had again: a segment whose seal is lost is never made.
  SegmentSeal take_seal(Slot slot);
  Slot next() const { return next_; }
  const std::string& track_id() const { return track_id_; }

 private:
  TitleId id_;
  std::string salt_;
  std::string track_id_;
  Slot slots_;
  Slot next_ = 0;
  crypto::KeyRing ring_;
};

}  // namespace swarma::content::publish
