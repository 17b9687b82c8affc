// What one stream of a file is, from its parameters alone. Internal: included by .cpp files of this folder only.
#pragma once

#include "content/media/demuxer.h"
#include "content/media/media_info.h"

namespace swarma::content::media {

/// Everything about the picture except what takes a scan: times, bit rate, whether keyframes allow a copy.
VideoStream describe_video(const AVStream& stream);
AudioStream describe_audio(const AVStream& stream);
CaptionStream describe_captions(const AVStream& stream);

/// Empty, or the sentence why these parameters cannot be copied into CMAF as they are.
std::string why_parameters_forbid_copy(const AVStream& stream, const VideoStream& video);

/// Empty, or the sentence why a Dolby Vision stream has no picture that can be converted (profile 5 and its like).
std::string why_dolby_vision_forbids(const AVStream& stream);

/// The chapters of a film that starts at `start_us` and lasts `duration_ms`, in film time, named, in order. At most
/// title::kMaxChapters.
std::vector<title::Chapter> describe_chapters(const AVFormatContext& context, std::int64_t start_us,
                                              std::int64_t duration_ms);

/// A tag's text on one line, shortened; empty if there is none.
std::string stream_tag(const AVDictionary* metadata, const char* name);

bool is_text_caption(const AVCodecParameters& parameters);
bool is_cover_picture(const AVStream& stream);
/// Marked as encrypted by the container.
bool is_encrypted(const AVStream& stream);

}  // namespace swarma::content::media
