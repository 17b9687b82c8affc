#include "content/publish/assemble.h"

#include <algorithm>
#include <cmath>

#include "crypto/hash.h"
#include "title/checks.h"
#include "title/hls_playlist.h"

namespace swarma::content::publish {
namespace {

constexpr std::size_t kMaxNoteBytes = 1'000;

/// Puts plain bytes and counts them.
Result<BlobId> put(BlobSink& blobs, ByteView bytes, std::int64_t& total) {
  const BlobId id = crypto::blob_id_of(bytes);
  total += static_cast<std::int64_t>(bytes.size());
  SWARMA_RETURN_IF_ERROR(blobs.put(id, Bytes(bytes.begin(), bytes.end())));
  return id;
}

title::Track describe(const media::TrackPlan& plan, const FinishedTrack& done, const BlobId& playlist) {
  const BitRates rates = bit_rates_of(done.playlist.segments);
  std::int64_t bytes = 0;
  for (const auto& segment : done.playlist.segments) bytes += segment.stored_bytes;
  return {.id = done.track_id,
          .kind = plan.kind,
          .key_group = plan.key_group,
          .playlist = playlist,
          .name = title::clean_text(plan.name, title::Lines::One, title::kMaxNameBytes),
          .language = title::is_language(plan.language) ? plan.language : "und",
          .codecs = done.facts.codecs,
          .width = plan.width,
          .height = plan.height,
          .frame_rate = done.facts.frame_rate,
          .channels = plan.channels,
          .bandwidth = rates.peak,
          .average_bandwidth = rates.average,
          .copied = plan.copy,
          .bytes = bytes,
          .marks = plan.marks};
}

}  // namespace

BitRates bit_rates_of(const std::vector<title::PlaylistSegment>& segments) {
  double longest = 0, seconds = 0, bits = 0, peak = 0;
  for (const auto& segment : segments) longest = std::max(longest, segment.seconds);
  for (const auto& segment : segments) {
    seconds += segment.seconds;
    bits += 8.0 * static_cast<double>(segment.stored_bytes);
    if (segment.seconds > 0 && segment.seconds >= longest / 2)
      peak = std::max(peak, 8.0 * static_cast<double>(segment.stored_bytes) / segment.seconds);
  }
  return {std::llround(std::ceil(peak)), seconds > 0 ? std::llround(bits / seconds) : 0};
}

Result<Assembled> assemble(const media::PackagePlan& plan, std::vector<FinishedTrack> tracks,
                           const std::vector<std::string>& notes, const Result<Bytes>& poster, BlobSink& blobs,
                           const title::LocalTexts& texts, const std::vector<title::Chapter>& chapters) {
  std::int64_t bytes = 0;
  title::TitleDetails details;
  details.texts = texts;
  details.chapters = chapters;
  for (std::size_t i = 0; i < tracks.size(); ++i) {
    SWARMA_TRY(const BlobId playlist, put(blobs, view(title::write_media_playlist(tracks[i].playlist)), bytes));
    details.tracks.push_back(describe(plan.tracks[i], tracks[i], playlist));
    bytes += details.tracks.back().bytes + tracks[i].init_bytes;
  }
  const auto add_note = [&](const std::string& note) {
    if (!note.empty()) details.notes.push_back(title::clean_text(note, title::Lines::One, kMaxNoteBytes));
  };
  for (const std::string& note : notes) add_note(note);
  for (const FinishedTrack& track : tracks) add_note(track.facts.note);
  std::optional<BlobId> poster_id;
  if (poster) {
    SWARMA_TRY(poster_id, put(blobs, *poster, bytes));
  } else {
    add_note("There is no poster: " + poster.error().message);
  }
  SWARMA_TRY(const BlobId playlist, put(blobs, view(title::write_multivariant_playlist(details.tracks)), bytes));
  SWARMA_TRY(const std::string details_text, title::write_details(details));
  SWARMA_TRY(const BlobId details_id, put(blobs, view(details_text), bytes));
  return Assembled{.playlist = playlist,
                   .details = details_id,
                   .poster = poster_id,
                   .tracks = std::move(details.tracks),
                   .notes = std::move(details.notes),
                   .bytes = bytes};
}

}  // namespace swarma::content::publish
