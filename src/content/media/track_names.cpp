#include "content/media/track_names.h"

#include <algorithm>

#include "content/media/language.h"

namespace swarma::content::media {
namespace {

bool is_own_sound(const AudioStream& stream) {
  return !stream.marks.commentary && !stream.marks.described;
}

std::string role_of(const title::TrackMarks& marks) {
  if (marks.forced) return "forced";
  if (marks.hearing_impaired) return "hearing impaired";
  if (marks.commentary) return "commentary";
  return marks.described ? "audio description" : "";
}

template <class Stream>
Named name_stream(const Stream& stream, bool tell_apart, const std::string& fallback) {
  const std::string language = language_name(stream.language), role = role_of(stream.marks);
  const bool says_more = !stream.title.empty() && stream.title != language;
  Named named{.base = language, .detail = {}};
  if (says_more && (tell_apart || !role.empty())) named.detail = stream.title;
  if (named.detail.empty()) named.detail = role;
  if (!named.base.empty()) return named;
  // A language that is not known: the title takes its place.
  if (!stream.title.empty()) return {.base = stream.title, .detail = {}};
  return {.base = fallback, .detail = role};
}

template <class Stream>
bool shares_language(const Stream& stream, const std::vector<Stream>& all) {
  return std::count_if(all.begin(), all.end(), [&](const Stream& s) { return s.language == stream.language; }) > 1;
}

}  // namespace

std::vector<AudioStream> with_one_default(std::vector<AudioStream> streams) {
  auto chosen = std::find_if(streams.begin(), streams.end(),
                             [](const AudioStream& s) { return s.marks.is_default && is_own_sound(s); });
  if (chosen == streams.end()) chosen = std::find_if(streams.begin(), streams.end(), is_own_sound);
  if (chosen == streams.end()) chosen = streams.begin();
  for (auto s = streams.begin(); s != streams.end(); ++s) s->marks.is_default = s == chosen;
  return streams;
}

std::vector<CaptionStream> with_one_default(const MediaInfo& info) {
  std::vector<CaptionStream> streams = info.captions;
  const auto marked = [](const CaptionStream& s) { return s.marks.is_default && !s.marks.forced; };
  const bool tells =
      info.container.find("matroska") != std::string::npos &&
      std::any_of(streams.begin(), streams.end(), [](const CaptionStream& s) { return !s.marks.is_default; });
  const auto chosen = tells ? std::find_if(streams.begin(), streams.end(), marked) : streams.end();
  for (auto s = streams.begin(); s != streams.end(); ++s) s->marks.is_default = s == chosen;
  return streams;
}

std::string Named::with(const std::string& more) const {
  std::string inside = detail;
  if (!more.empty()) inside += (inside.empty() ? "" : ", ") + more;
  return inside.empty() ? base : base + " (" + inside + ")";
}

Named name_of(const AudioStream& stream, bool tell_apart, const std::string& fallback) {
  return name_stream(stream, tell_apart, fallback);
}
Named name_of(const CaptionStream& stream, bool tell_apart, const std::string& fallback) {
  return name_stream(stream, tell_apart, fallback);
}

bool is_needed(const AudioStream& stream, const std::vector<AudioStream>& all) {
  return shares_language(stream, all);
}
bool is_needed(const CaptionStream& stream, const std::vector<CaptionStream>& all) {
  return shares_language(stream, all);
}

}  // namespace swarma::content::media
