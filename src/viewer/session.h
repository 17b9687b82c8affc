// One viewing of one title: fetches and checks it, unlocks it, and gives plaintext. What a player, an export or a relay
// needs, in one place.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <string>

#include "access/unlock/unlock.h"
#include "content/watch/segment_reader.h"

namespace swarma::viewer {

struct SessionOptions {
  std::string node;              // scheme://host[:port], without trailing slash
  std::filesystem::path memory;  // folder of the newest revisions seen (content::watch::SeenRevisions)
  net::ClientOptions http;
};

/// References outlive it. offered_range() and the reader may be used from several threads once open() has returned.
class Session {
 public:
  /// Errors: those of HttpSource::fetch_record and open_title.
  static Result<std::unique_ptr<Session>> open(const TitleId& title, SessionOptions options,
                                               access::unlock::Viewer viewer, const Clock& clock,
                                               access::unlock::Answers answers);

  const content::watch::TitleView& view() const { return view_; }
  /// Asks for a grant whenever the film gets to a slot without keys: the first one unlocks, further ones roll on, and
  /// where a way of unlocking ends (a preview) another one may go on.
  content::watch::SegmentReader& reader() { return reader_; }

  /// What the ways of unlocking open at all: a film may be offered from its middle on. Forbidden ("cannot_meet") when
  /// that is nothing.
  Result<SlotRange> offered_range();
  /// Unlocks from `begin` on, for whichever key group can be opened: before a player waits for it, as that may need
  /// answers from a person.
  Result<void> unlock(Slot begin);
  /// The latest grant; nullptr while nothing is unlocked.
  const access::policy::GrantClaims* grant() const { return unlocked_ ? &unlocked_->grant : nullptr; }

 private:
  Session(SessionOptions options, content::watch::TitleView view, std::unique_ptr<content::watch::HttpSource> source,
          access::unlock::Viewer viewer, const Clock& clock, access::unlock::Answers answers);
  Result<void> extend(content::watch::ViewerKeys& keys, SlotRange wanted);

  net::HttpClient http_;
  std::unique_ptr<content::watch::HttpSource> source_;
  const content::watch::TitleView view_;
  const access::unlock::Answers answers_;
  access::unlock::Unlocker unlocker_;
  std::optional<access::unlock::Unlocked> unlocked_;
  std::atomic<std::int64_t> good_until_{std::numeric_limits<std::int64_t>::max()};  // of the latest grant, Unix seconds
  content::watch::ViewerKeys keys_;
  content::watch::SegmentReader reader_;
};

}  // namespace swarma::viewer
