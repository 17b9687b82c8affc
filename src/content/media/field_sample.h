// What only decoded pictures tell: a few of them at several places of a film. Internal: included by .cpp files of this
// folder only.
#pragma once

#include "content/media/demuxer.h"
#include "content/media/media_info.h"

namespace swarma::content::media {

/// Looks whether pictures are marked as interlaced, and settles `video.interlaced` and `video.field_order`: containers
/// often say nothing (DV, MPEG-4 in AVI, H.264 in Matroska). `source`: freshly opened; it is read and sought in.
/// Pictures that cannot be decoded count for nothing.
Result<void> settle_interlacing(Demuxer& source, const MediaInfo& info, VideoStream& video);

}  // namespace swarma::content::media
