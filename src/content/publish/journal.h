// What a publish must remember to continue after a crash, in `<data>/publish/<publish id>/`. Written durably; holds no
// plaintext.
//
//   job.json       the title secret wrapped under Identity.master, the nonce and salt, made once
//   <hash of key>.track    one per finished track: its id, its playlist and what it turned out to be
//   record.json    the signed record and the sealed package, written before they are sent
//
// The publish id is a hash over the film (path, size, time, first and last MB), the captions' bytes, the plan, the
// title and the destination: another film, ladder or node is another publish. An unfinished track starts anew under a
// new track id, because its keys have met plaintext already.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "content/media/package.h"
#include "content/media/plan.h"
#include "crypto/secret.h"
#include "title/hls_playlist.h"

namespace swarma::content::publish {

/// Chosen once, and the same in every run of a publish.
struct PublishSecrets {
  crypto::SecretKey title_secret;
  std::string nonce;  // of the title id, base64url 16 bytes
  std::string salt;
};

struct FinishedTrack {
  std::string track_id;
  title::MediaPlaylist playlist;
  media::TrackFacts facts;
  std::int64_t init_bytes = 0;
};

struct SignedRecord {
  std::string record;          // JWS
  std::string sealed;          // JWE
  std::string request_digest;  // of the texts, policy and codes it was made from
};

Result<std::string> make_publish_id(const media::Film& film, const media::PackagePlan& plan, std::string_view title,
                                    std::string_view destination);

/// Not safe for concurrent use. One process at a time: a second one gets Conflict ("publish_running").
class Journal {
 public:
  /// Opens the journal or starts it, with this nonce for the title's id (empty: a random one). Starts over if the files
  /// cannot be used. Io when they cannot be read.
  static Result<Journal> open(const std::filesystem::path& publish_folder, const std::string& publish_id,
                              const crypto::SecretKey& master, const std::string& nonce = {});

  const PublishSecrets& secrets() const { return secrets_; }
  Result<std::optional<FinishedTrack>> find_track(const std::string& key) const;
  /// Call when every blob of the track is durable at its destination. Internal ("journal_unreadable") for a track that
  /// find_track() would not read.
  Result<void> put_track(const std::string& key, const FinishedTrack& track);
  Result<std::optional<SignedRecord>> find_record() const;
  Result<void> put_record(const SignedRecord& record);
  /// True when something would be lost: a track is finished.
  bool holds_work() const;
  /// The publish is over: forgets everything. The journal must not be used afterwards.
  void remove();

 private:
  std::filesystem::path track_file(const std::string& key) const;

  Journal(std::filesystem::path folder, Fd lock, PublishSecrets secrets)
      : folder_(std::move(folder)), lock_(std::move(lock)), secrets_(std::move(secrets)) {}

  std::filesystem::path folder_;
  Fd lock_;
  PublishSecrets secrets_;
};

}  // namespace swarma::content::publish
