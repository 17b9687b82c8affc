#include "content/publish/track_encryptor.h"

#include <algorithm>
#include <cstdlib>

#include "base/log.h"
#include "base/random.h"
#include "crypto/aead.h"

namespace swarma::content::publish {
namespace {

constexpr std::size_t kMaxKeyPart = 40;

[[noreturn]] void broken(const char* what) {
  log::error("encryption_rule_broken", {{"what", what}});
  std::abort();
}

}  // namespace

std::string make_track_id(std::string_view key) {
  std::string id;
  for (char c : key.substr(0, kMaxKeyPart)) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    id.push_back(upper ? static_cast<char>(c - 'A' + 'a') : plain ? c : '-');
  }
  return id + "-" + to_hex(random_array<8>());
}

TrackEncryptor::TrackEncryptor(const TitleKeys& keys, std::string_view key_group, std::string track_id)
    : id_(keys.id), salt_(keys.salt), track_id_(std::move(track_id)), slots_(keys.slots), ring_(keys.slots) {
  if (!ring_.add({0, 0, crypto::group_root(keys.title_secret, key_group)})) broken("no key tree");
}

void SegmentSeal::operator()(Bytes& segment) {
  if (!key_) broken("a seal was used twice");
  crypto::aead_seal_in_place(*key_, crypto::Nonce{}, additional_data_, segment);
  key_.reset();
}

SegmentSeal TrackEncryptor::take_seal(Slot slot) {
  if (slot != next_ || slot >= slots_) broken("a slot came twice, out of order or beyond the film");
  ++next_;
  const auto leaf = ring_.find_leaf(slot);
  auto additional_data = title::segment_additional_data(id_, salt_, track_id_, slot);
  if (!leaf || !additional_data) broken("no key or no additional data for a slot");
  return {crypto::content_key(*leaf, track_id_), *std::move(additional_data)};
}

}  // namespace swarma::content::publish
