// A small title made by the real encryption and assembly, from segments that are plain text: what tests of watching
// watch.
#pragma once

#include <cstdlib>
#include <string>
#include <vector>

#include "base/random.h"
#include "content/publish/assemble.h"
#include "content/publish/encrypting_sink.h"
#include "content/publish/ports_testing.h"
#include "title/title_record.h"

namespace swarma::content::publish::testing {

/// Two pictures ("hd" and "sd"), two sounds and one caption track of `slots` slots of 4 s. The plaintext of a segment
/// is "<key>:<slot>", that of an init segment "<key> init".
class TestTitle {
 public:
  explicit TestTitle(Slot slots = 6) : slots_(slots) {
    plan_.tracks.push_back(track(title::TrackKind::Video, "v720", "720p", "und", "hd"));
    plan_.tracks.push_back(track(title::TrackKind::Video, "v360", "360p", "und", "sd"));
    plan_.tracks.push_back(track(title::TrackKind::Audio, "a1-en", "English", "en", "sd"));
    plan_.tracks.push_back(track(title::TrackKind::Audio, "a2-de", "Deutsch", "de", "sd"));
    plan_.tracks.push_back(track(title::TrackKind::Captions, "c-de", "Deutsch", "de", "sd"));
    plan_.tracks[0].width = 1280, plan_.tracks[0].height = 720;
    plan_.tracks[1].width = 640, plan_.tracks[1].height = 360;
    for (Slot slot = 0; slot <= slots; ++slot) plan_.cuts_us.push_back(std::int64_t{slot} * 4'000'000);
    make();
  }

  /// The record, changed and signed again by its creator.
  std::string resign(const std::function<void(title::TitleRecord&)>& change) const {
    title::TitleRecord record = *title::verify_record(jws);
    change(record);
    return *title::sign_record(record, creator);
  }
  std::vector<crypto::TreeNode> grant(const std::string& group, SlotRange range) const {
    return crypto::cover(crypto::group_root(secret, group), slots_, range);
  }

  crypto::SigningKey creator = crypto::SigningKey::generate();
  crypto::SecretKey secret = crypto::random_key();
  MemoryBlobSink blobs;
  std::string jws;

 private:
  static media::TrackPlan track(title::TrackKind kind, std::string key, std::string name, std::string language,
                                std::string group) {
    return {.kind = kind,
            .key = std::move(key),
            .name = std::move(name),
            .language = std::move(language),
            .key_group = std::move(group),
            .sidecar = {}};
  }

  static void must(const Result<void>& result) {
    if (!result) std::abort();
  }

  void make() {
    const TemporaryFolder folder;
    Journal journal = *Journal::open(folder.path(), "job", crypto::random_key());
    const std::string nonce = to_base64url(random_array<16>()), salt = to_base64url(random_array<16>());
    const TitleKeys keys{title::make_title_id(creator.did(), nonce), salt, secret, slots_};
    EncryptingSink sink(plan_, keys, blobs, journal);
    for (std::size_t i = 0; i < plan_.tracks.size(); ++i) {
      const std::string& key = plan_.tracks[i].key;
      const bool captions = plan_.tracks[i].kind == title::TrackKind::Captions;
      if (!captions) must(sink.on_init(i, view(key + " init")));
      for (Slot slot = 0; slot < slots_; ++slot)
        must(sink.on_segment(i, slot, 4.0, to_bytes(key + ":" + std::to_string(slot))));
      must(sink.on_track_end(i, {.codecs = captions ? "" : "avc1.64001f", .frame_rate = 25, .note = {}}));
    }
    const auto assembled = *assemble(plan_, *sink.take_tracks(), {}, to_bytes("poster"), blobs);
    jws = *title::sign_record({.id = keys.id,
                               .nonce = nonce,
                               .creator = creator.did(),
                               .created_at = Instant(1'800'000'000),
                               .name = "Test film",
                               .language = "en",
                               .summary = {},
                               .tags = {},
                               .duration_ms = slots_ * 4'000,
                               .slots = slots_,
                               .salt = salt,
                               .key_groups = {"hd", "sd"},
                               .playlist = assembled.playlist,
                               .details = assembled.details,
                               .poster = assembled.poster,
                               .policy = "{}",
                               .agent = {creator.did(), crypto::DecryptionKey::generate().encryption_key()}},
                              creator);
  }

  Slot slots_;
  media::PackagePlan plan_;
};

}  // namespace swarma::content::publish::testing
