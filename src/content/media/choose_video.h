// Which of a file's picture tracks is the film. Internal: included by .cpp files of this folder only.
#pragma once

#include "content/media/scan.h"

namespace swarma::content::media {

/// Tracks of pictures that are not marked as covers.
std::vector<const AVStream*> find_videos(const AVFormatContext& context);

/// The track that is most of a film: not a single picture, nor far shorter or far sparser than another track; then the
/// one that the file names as default; then, of several programmes, one with sound; then the largest. Null without any.
const AVStream* choose_video(const AVFormatContext& context, const Scan& scan);

/// The programme that holds the stream; null if the file has none or only one.
const AVProgram* find_programme(const AVFormatContext& context, int stream);
bool holds(const AVProgram& programme, int stream);
/// In words: “Name” or “programme 3”.
std::string programme_name(const AVProgram& programme);

}  // namespace swarma::content::media
