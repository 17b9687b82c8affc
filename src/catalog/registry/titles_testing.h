// Small but real titles for this module's tests: signed records, details, playlists and segments in a fake store.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/random.h"
#include "catalog/registry/completeness.h"
#include "catalog/registry/sweep.h"
#include "crypto/hash.h"
#include "title/hls_playlist.h"
#include "title/title_details.h"
#include "title/title_record.h"

namespace swarma::catalog::registry::testing {

class FakeBlobs final : public BlobPresence, public SweptBlobs {
 public:
  BlobId put(std::string_view text) {
    const BlobId id = crypto::blob_id_of(view(text));
    blobs[id] = {std::string(text), now};
    return id;
  }
  Result<void> remove(const BlobId& id) override {
    blobs.erase(id);
    return {};
  }
  Result<std::optional<std::uint64_t>> has(const BlobId& id) override {
    const auto found = blobs.find(id);
    if (found == blobs.end()) return std::nullopt;
    found->second.used_at = now;
    return found->second.bytes.size();
  }
  Result<Bytes> read(const BlobId& id, std::size_t max_bytes) override {
    const auto found = blobs.find(id);
    if (found == blobs.end()) return fail(ErrorCode::NotFound, "blob_not_found", "No such blob.");
    if (found->second.bytes.size() > max_bytes) return fail(ErrorCode::TooLarge, "blob_too_large", "Too large.");
    return to_bytes(found->second.bytes);
  }
  Result<void> list(const std::function<bool(const BlobId&, std::uint64_t size)>& visit) override {
    const auto copy = blobs;
    for (const auto& [id, blob] : copy)
      if (!visit(id, blob.bytes.size())) break;
    return {};
  }
  Result<bool> remove_if_last_used(const BlobId& id, Instant not_before, Instant before) override {
    const auto found = blobs.find(id);
    if (found == blobs.end() || found->second.used_at >= before || found->second.used_at < not_before) return false;
    blobs.erase(found);
    return true;
  }

  struct Blob {
    std::string bytes;
    Instant used_at;
  };
  std::map<BlobId, Blob> blobs;
  Instant now{1'800'000'000};
};

struct TestTitle {
  title::TitleRecord record;
  title::TitleDetails details;
  std::map<std::string, title::MediaPlaylist> playlists;  // by track id
  std::string jws;
};

inline const crypto::SigningKey& test_creator() {
  static const crypto::SigningKey key = crypto::SigningKey::generate();
  return key;
}
inline const crypto::EncryptionKey& test_agent() {
  static const crypto::EncryptionKey key = crypto::DecryptionKey::generate().encryption_key();
  return key;
}

/// A record that leads nowhere: enough for the registry, which does not look.
inline TestTitle make_record(std::string name, std::string summary = "", std::vector<std::string> tags = {}) {
  const std::string nonce = to_base64url(random_array<16>());
  const auto blob = BlobId(random_array<32>());
  TestTitle out{.record = {.id = title::make_title_id(test_creator().did(), nonce),
                           .nonce = nonce,
                           .revision = 1,
                           .creator = test_creator().did(),
                           .created_at = Instant(1'800'000'000),
                           .name = std::move(name),
                           .language = "en",
                           .summary = std::move(summary),
                           .tags = std::move(tags),
                           .duration_ms = 12'000,
                           .slots = 3,
                           .salt = to_base64url(random_array<16>()),
                           .key_groups = {"sd"},
                           .playlist = blob,
                           .details = blob,
                           .poster = std::nullopt,
                           .policy = R"({"paths":[{"id":"open"}],"version":1})",
                           .agent = {test_creator().did(), test_agent()}},
                .details = {},
                .playlists = {},
                .jws = {}};
  out.jws = title::sign_record(out.record, test_creator()).value();
  return out;
}

inline TestTitle next_revision(TestTitle title, std::string name) {
  ++title.record.revision;
  title.record.name = std::move(name);
  title.jws = title::sign_record(title.record, test_creator()).value();
  return title;
}

/// Writes playlists, details and record anew from what `title` holds, into the store.
inline void write_title(TestTitle& title, FakeBlobs& blobs) {
  for (title::Track& track : title.details.tracks)
    track.playlist = blobs.put(title::write_media_playlist(title.playlists.at(track.id)));
  title.record.details = blobs.put(title::write_details(title.details).value());
  title.record.playlist = blobs.put(title::write_multivariant_playlist(title.details.tracks));
  title.jws = title::sign_record(title.record, test_creator()).value();
}

/// A complete title of three slots with video, sound, captions, storyboard and poster.
inline TestTitle make_title(FakeBlobs& blobs, const std::string& name) {
  TestTitle out = make_record(name);
  const auto add = [&](const std::string& id, title::TrackKind kind, const char* extension, bool with_init) {
    title::MediaPlaylist playlist{.init = std::nullopt, .extension = extension, .segments = {}};
    if (with_init) playlist.init = blobs.put(name + id + " init");
    for (int slot = 0; slot < 3; ++slot) {
      const std::string segment = name + id + " segment " + std::to_string(slot);
      playlist.segments.push_back({blobs.put(segment), 4.0, static_cast<std::int64_t>(segment.size())});
    }
    out.playlists.emplace(id, playlist);
    title::Track track{.id = id,
                       .kind = kind,
                       .key_group = "sd",
                       .playlist = BlobId(random_array<32>()),
                       .name = id,
                       .language = "en",
                       .codecs = with_init ? "avc1.640028" : ""};
    track.bandwidth = track.average_bandwidth = 1'000;
    out.details.tracks.push_back(track);
  };
  add("v360-1", title::TrackKind::Video, "m4s", true);
  add("a2-1", title::TrackKind::Audio, "m4s", true);
  add("c-en-1", title::TrackKind::Captions, "vtt", false);
  add("sb-1", title::TrackKind::Storyboard, "jpg", false);
  out.details.texts["de"] = {"Der große Hase", "Ein Kaninchen wehrt sich."};
  out.record.poster = blobs.put(name + " poster");
  write_title(out, blobs);
  return out;
}

}  // namespace swarma::catalog::registry::testing
