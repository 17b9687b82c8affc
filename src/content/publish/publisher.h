// Publishes one film: probe → plan → package, with every segment encrypted, hashed and handed to the sink in memory →
// playlists, details, poster → all blobs durable → record signed, as the last step → visible.
//
// Until PublishPort::publish nothing is visible. A crash before it leaves a journal (journal.h) under
// `<data>/publish/`, and the same request continues from it: finished tracks are not made again. Errors caused by the
// film or the request (Unsupported, BadRequest, Corrupt, TooLarge) leave no journal, and the blobs that such a run
// wrote are removed again (BlobSink::discard_new).
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "content/media/plan.h"
#include "content/publish/ports.h"
#include "crypto/keys.h"
#include "title/codes.h"
#include "title/local_text.h"
#include "title/title_record.h"

namespace swarma::content::publish {

/// A title that gets a new revision instead of a new id.
struct ExistingTitle {
  TitleId id;
  std::string nonce;          // of its record
  std::int64_t revision = 1;  // the new one: one more than the last
};

struct PublishRequest {
  std::filesystem::path file;
  std::string name;  // empty: the file's name without its extension
  std::string summary;
  std::string language;  // BCP 47 of name and summary, may be empty
  std::vector<std::string> tags;
  title::LocalTexts texts;  // further languages
  std::string policy;       // canonical JSON (access/policy)
  title::CodeLists codes;   // private: travel in the sealed package only
  media::LadderChoice ladder;
  std::vector<media::SidecarCaptions> captions;
  std::optional<ExistingTitle> existing;
  std::string nonce;  // of a new title's id, for whoever must find out whether it was published; empty: a random one
  title::KeyAgentRef agent;  // GET /v1/node
  std::int64_t poster_at_us = -1;
  std::filesystem::path poster;       // a picture of one's own; empty: one of the film
  std::string destination;            // node URL, or any name of where the blobs go: tells jobs apart
  std::filesystem::path data_folder;  // of the identity; the journal lives in <data_folder>/publish
};

/// Stages in order: "probe", "package", "upload", "sign".
struct PublishProgress {
  std::string_view stage;
  double fraction = 0;       // of this stage, 0 to 1
  double speed = 0;          // film seconds per second, while packaging
  double seconds_left = -1;  // of this stage; negative: unknown
};
using PublishProgressFn = std::function<void(const PublishProgress&)>;  // from one thread at a time, may be empty

struct Rendition {
  std::string name;
  int width = 0, height = 0;
  bool copied = false;
  std::int64_t bytes = 0;
};

struct PublishResult {
  TitleId id;
  std::int64_t revision = 1;
  std::int64_t duration_ms = 0;
  std::vector<Rendition> renditions;  // video
  std::vector<title::Track> tracks;   // all
  std::int64_t bytes = 0;             // of all blobs the record leads to
  std::string record;                 // the JWS
  std::vector<std::string> notes;     // what could not be kept, in sentences
};

/// Blocks. `cancel` stops it with Unavailable ("cancelled"); the journal stays, so that a rerun continues.
Result<PublishResult> publish(const PublishRequest& request, const crypto::Identity& identity, const Clock& clock,
                              BlobSink& blobs, PublishPort& titles, const PublishProgressFn& progress,
                              const std::atomic<bool>& cancel);

}  // namespace swarma::content::publish
