#include "viewer/session.h"

#include <algorithm>

namespace swarma::viewer {

namespace unlock = access::unlock;
namespace watch = content::watch;

Session::Session(SessionOptions options, watch::TitleView view, std::unique_ptr<watch::HttpSource> source,
                 unlock::Viewer viewer, const Clock& clock, unlock::Answers answers)
    : http_(options.http),
      source_(std::move(source)),
      view_(std::move(view)),
      answers_(std::move(answers)),
      unlocker_(http_, std::move(options.node), clock, viewer, view_.record),
      keys_(
          view_.record.slots, [this](watch::ViewerKeys& keys, SlotRange wanted) { return extend(keys, wanted); },
          [this, &clock] { return clock.now().unix_s() >= good_until_; }),
      reader_(view_, *source_, keys_) {}

Result<std::unique_ptr<Session>> Session::open(const TitleId& title, SessionOptions options, unlock::Viewer viewer,
                                               const Clock& clock, unlock::Answers answers) {
  auto source =
      std::make_unique<watch::HttpSource>(watch::HttpSourceOptions{.urls = {options.node}, .http = options.http});
  watch::SeenRevisions seen(options.memory);
  SWARMA_TRY(std::string jws, source->fetch_record(title));
  SWARMA_TRY(watch::TitleView view, watch::open_title(std::move(jws), title, *source, seen));
  return std::unique_ptr<Session>(
      new Session(std::move(options), std::move(view), std::move(source), viewer, clock, std::move(answers)));
}

Result<SlotRange> Session::offered_range() {
  SWARMA_TRY(const auto paths, unlocker_.offer());
  SlotRange range{view_.record.slots, 0};
  for (const auto& path : paths) {
    if (!answers_.path.empty() && path.id != answers_.path) continue;
    range = {std::min(range.begin, path.terms.slots.begin), std::max(range.end, path.terms.slots.end)};
  }
  if (range.empty())
    return fail(
        ErrorCode::Forbidden, "cannot_meet",
        "The title's terms open nothing" + (answers_.path.empty() ? "." : " on the path \"" + answers_.path + "\"."));
  return range;
}

Result<void> Session::unlock(Slot begin) {
  for (const auto& track : view_.details.tracks)
    if (const auto ready = keys_.ensure(track.key_group, begin); !ready && !unlocked_) return ready;
  return {};
}

/// Called by ViewerKeys, one thread at a time.
Result<void> Session::extend(watch::ViewerKeys& keys, SlotRange wanted) {
  auto further = unlocked_ ? unlocker_.renew(*unlocked_, wanted.begin) : unlocker_.unlock(answers_, wanted.begin);
  // Where this way of unlocking ends (a preview), another may go on.
  if (unlocked_ && !further && watch::is_end_of_grant(further.error()))
    further = unlocker_.unlock(answers_, wanted.begin);
  if (!further) return std::unexpected(std::move(further).error());
  good_until_ = further->grant.expires_at.unix_s();  // before its keys are there, so that nobody drops them
  for (auto& [group, nodes] : further->covers)
    for (crypto::TreeNode& node : nodes) SWARMA_RETURN_IF_ERROR(keys.add(group, std::move(node)));
  further->covers.clear();
  unlocked_ = *std::move(further);
  return {};
}

}  // namespace swarma::viewer
