#include "content/publish/publisher.h"

#include <algorithm>
#include <cmath>
#include <future>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/log.h"
#include "content/media/package.h"
#include "content/publish/assemble.h"
#include "content/publish/check.h"
#include "content/publish/encrypting_sink.h"
#include "content/publish/journal.h"
#include "crypto/hash.h"
#include "title/checks.h"
#include "title/sealed_package.h"

namespace swarma::content::publish {
namespace {

/// Everything one publish works with.
struct PublishRun {
  const PublishRequest& request;
  const crypto::Identity& identity;
  const Clock& clock;
  BlobSink& blobs;
  PublishPort& titles;
  const PublishProgressFn& progress;
  const std::atomic<bool>& cancel;

  void report(const PublishProgress& now) const {
    if (progress) progress(now);
  }
};

std::string name_of(const PublishRequest& request) {
  if (!request.name.empty()) return request.name;
  return title::clean_text(request.file.stem().string(), title::Lines::One, title::kMaxNameBytes);
}

/// The record but for the blobs, which are not made yet.
title::TitleRecord draft_record(const PublishRun& run, const PublishSecrets& secrets, std::int64_t revision,
                                std::int64_t duration_ms, Slot slots, std::vector<std::string> key_groups) {
  const PublishRequest& request = run.request;
  const std::string nonce = request.existing ? request.existing->nonce : secrets.nonce;
  const crypto::Did& creator = run.identity.signing.did();
  const BlobId unknown{BlobId::Digest{}};
  return {.id = request.existing ? request.existing->id : title::make_title_id(creator, nonce),
          .nonce = nonce,
          .revision = revision,
          .creator = creator,
          .created_at = run.clock.now(),
          .name = name_of(request),
          .language = request.language,
          .summary = request.summary,
          .tags = request.tags,
          .duration_ms = duration_ms,
          .slots = slots,
          .salt = secrets.salt,
          .key_groups = std::move(key_groups),
          .playlist = unknown,
          .details = unknown,
          .poster = unknown,
          .policy = request.policy,
          .agent = request.agent};
}

std::vector<std::string> key_groups_of(const media::PackagePlan& plan) {
  std::set<std::string> groups;
  for (const media::TrackPlan& track : plan.tracks) groups.insert(track.key_group);
  return {groups.begin(), groups.end()};
}

/// What the record is made from besides the film: tells whether a record of an earlier run still says what is asked
/// now.
Result<std::string> digest_of(const title::TitleRecord& record, const PublishRequest& request,
                              const Assembled& assembled) {
  const Json json = {{"name", record.name},
                     {"summary", record.summary},
                     {"language", record.language},
                     {"tags", record.tags},
                     {"policy", record.policy},
                     {"codes", title::codes_json(request.codes).dump()},
                     {"signer", record.agent.signer.text()},
                     {"encryption", record.agent.encryption.did()},
                     {"playlist", assembled.playlist.hex()},
                     {"details", assembled.details.hex()},
                     {"poster", assembled.poster ? assembled.poster->hex() : ""},
                     {"revision", request.existing ? request.existing->revision : 1}};
  SWARMA_TRY(const std::string text, canonical_json(json));
  return to_base64url(crypto::sha256(view(text)));
}

/// Signs and seals, or takes what an earlier run had sent already perhaps: whether it arrived is not known, so the very
/// same record is sent again, and if something else is asked for now, it becomes the revision after that one.
Result<SignedRecord> make_signed(const PublishRun& run, title::TitleRecord record, const Assembled& assembled,
                                 Journal& journal) {
  record.playlist = assembled.playlist;
  record.details = assembled.details;
  record.poster = assembled.poster;
  SWARMA_TRY(const std::string digest, digest_of(record, run.request, assembled));
  SWARMA_TRY(auto earlier, journal.find_record());
  if (earlier && earlier->request_digest == digest) return *std::move(earlier);
  if (earlier) {
    SWARMA_TRY(const auto sent, title::verify_record(earlier->record));
    record.revision = std::max(record.revision, sent.revision + 1);
  }
  SignedRecord out{.record = {}, .sealed = {}, .request_digest = digest};
  SWARMA_TRY(out.record, title::sign_record(record, run.identity.signing));
  out.sealed = title::seal_package({.title = record.id,
                                    .revision = record.revision,
                                    .title_secret = journal.secrets().title_secret,
                                    .codes = run.request.codes},
                                   record.agent.encryption);
  SWARMA_RETURN_IF_ERROR(journal.put_record(out));
  return out;
}

/// A poster from the film is made beside the packaging; a film without one is still a film.
class Poster {
 public:
  Poster(const PublishRun& run, const FilmCheck& check)
      : made_(std::async(std::launch::async, [&]() -> Result<Bytes> {
          if (check.poster) return *check.poster;
          return media::make_poster(*check.film, check.info, run.request.poster_at_us);
        })) {}
  Result<Bytes> get() { return made_.get(); }

 private:
  std::future<Result<Bytes>> made_;
};

void report_packaging(const PublishRun& run, const media::Progress& now) {
  const double total = std::max(now.total_seconds, 1e-3);
  run.report({.stage = "package",
              .fraction = std::clamp(now.done_seconds / total, 0.0, 1.0),
              .speed = now.speed,
              .seconds_left = now.speed > 0 ? std::max(0.0, total - now.done_seconds) / now.speed : -1});
}

PublishResult result_of(const title::TitleRecord& record, std::string jws, Assembled assembled) {
  PublishResult result{.id = record.id,
                       .revision = record.revision,
                       .duration_ms = record.duration_ms,
                       .renditions = {},
                       .tracks = std::move(assembled.tracks),
                       .bytes = assembled.bytes,
                       .record = std::move(jws),
                       .notes = std::move(assembled.notes)};
  for (const title::Track& track : result.tracks)
    if (track.kind == title::TrackKind::Video)
      result.renditions.push_back({.name = track.name,
                                   .width = track.width,
                                   .height = track.height,
                                   .copied = track.copied,
                                   .bytes = track.bytes});
  return result;
}

Result<PublishResult> publish_film(const PublishRun& run, const FilmCheck& check, Journal& journal) {
  const media::PackagePlan& plan = check.plan;
  const std::int64_t duration_ms = (plan.cuts_us.back() - plan.cuts_us.front() + 500) / 1'000;
  const title::TitleRecord draft =
      draft_record(run, journal.secrets(), run.request.existing ? run.request.existing->revision : 1, duration_ms,
                   plan.slots(), key_groups_of(plan));
  // A text too long or a policy too large is found now, not after an hour of encoding.
  SWARMA_RETURN_IF_ERROR(title::sign_record(draft, run.identity.signing));

  const TitleKeys keys{draft.id, draft.salt, journal.secrets().title_secret, plan.slots()};
  EncryptingSink sink(plan, keys, run.blobs, journal);
  SWARMA_RETURN_IF_ERROR(sink.resume());
  Poster poster(run, check);
  run.report({.stage = "package"});
  SWARMA_RETURN_IF_ERROR(media::package(
      *check.film, check.info, plan, sink.finished(), sink,
      [&](const media::Progress& now) { report_packaging(run, now); }, run.cancel));
  SWARMA_TRY(auto tracks, sink.take_tracks());
  if (!check.film->is_unchanged()) return media::film_changed();

  run.report({.stage = "upload"});
  SWARMA_TRY(Assembled assembled, assemble(plan, std::move(tracks), check.info.notes, poster.get(), run.blobs,
                                           run.request.texts, check.info.chapters));
  SWARMA_RETURN_IF_ERROR(run.blobs.flush());
  if (run.cancel) return fail(ErrorCode::Unavailable, "cancelled", "Publishing was stopped.");

  run.report({.stage = "sign", .fraction = 0});
  SWARMA_TRY(SignedRecord done, make_signed(run, draft, assembled, journal));
  SWARMA_RETURN_IF_ERROR(run.titles.publish(done.record, done.sealed));
  SWARMA_TRY(const auto record, title::verify_record(done.record));
  run.report({.stage = "sign", .fraction = 1, .seconds_left = 0});
  return result_of(record, std::move(done.record), std::move(assembled));
}

/// A rerun of the same request would meet the same wall.
bool is_hopeless(const Error& error) {
  return error.code == ErrorCode::Unsupported || error.code == ErrorCode::BadRequest ||
         error.code == ErrorCode::Corrupt || error.code == ErrorCode::TooLarge;
}

}  // namespace

Result<PublishResult> publish(const PublishRequest& request, const crypto::Identity& identity, const Clock& clock,
                              BlobSink& blobs, PublishPort& titles, const PublishProgressFn& progress,
                              const std::atomic<bool>& cancel) {
  const PublishRun run{request, identity, clock, blobs, titles, progress, cancel};
  run.report({.stage = "probe"});
  SWARMA_TRY(const FilmCheck check, check_film({.file = request.file,
                                                .ladder = request.ladder,
                                                .captions = request.captions,
                                                .poster = request.poster,
                                                .try_decoding = false}));
  if (!check.can_be_published()) return std::unexpected(check.refusals.front());
  run.report({.stage = "probe", .fraction = 1, .seconds_left = 0});

  const std::string title =
      request.existing ? request.existing->id.text() + "/" + std::to_string(request.existing->revision) : "";
  SWARMA_TRY(const std::string publish_id, make_publish_id(*check.film, check.plan, title, request.destination));
  SWARMA_TRY(Journal journal,
             Journal::open(request.data_folder / "publish", publish_id, identity.master, request.nonce));
  auto result = publish_film(run, check, journal);
  if (result || is_hopeless(result.error()) || !journal.holds_work()) {
    journal.remove();
    // Nothing leads to what this run wrote any more.
    if (!result)
      if (const auto discarded = blobs.discard_new(); !discarded)
        log::warning("blobs_not_discarded", {{"reason", discarded.error().reason}});
  }
  return result;
}

}  // namespace swarma::content::publish
