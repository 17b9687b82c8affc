// What tells the tracks of a film apart for a viewer: names, and which of them play by themselves. Pure. Internal.
#pragma once

#include <string>
#include <vector>

#include "content/media/media_info.h"

namespace swarma::content::media {

/// The same streams, of which at most one is marked as default. Sound: the first so marked that is the film's own
/// sound, else the first that is. Captions: a mark counts only in Matroska, and where it tells one stream from the
/// others, because many programs set it on all or on the first of every kind.
std::vector<AudioStream> with_one_default(std::vector<AudioStream> streams);
std::vector<CaptionStream> with_one_default(const MediaInfo& info);

/// A language with what is said in brackets: "English", "English (Director commentary)", "English (5.1)".
struct Named {
  std::string base;
  std::string detail;
  std::string with(const std::string& more) const;
};

/// `tell_apart`: the title is needed beside the language. `fallback` for a stream that says nothing of itself.
Named name_of(const AudioStream& stream, bool tell_apart, const std::string& fallback);
Named name_of(const CaptionStream& stream, bool tell_apart, const std::string& fallback);

/// True if the language alone does not name the stream among `all`.
bool is_needed(const AudioStream& stream, const std::vector<AudioStream>& all);
bool is_needed(const CaptionStream& stream, const std::vector<CaptionStream>& all);

}  // namespace swarma::content::media
