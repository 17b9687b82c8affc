// What a picture's numbers mean (ITU-T H.273), and in which colours a rendition of it is made. Internal: included by
// .cpp files of this folder only.
#pragma once

#include <string>
#include <string_view>

#include "content/media/ffmpeg.h"
#include "content/media/media_info.h"

namespace swarma::content::media {

struct Colours {
  AVColorSpace matrix = AVCOL_SPC_BT709;
  AVColorPrimaries primaries = AVCOL_PRI_BT709;
  AVColorTransferCharacteristic transfer = AVCOL_TRC_BT709;
  AVColorRange range = AVCOL_RANGE_MPEG;
  bool operator==(const Colours&) const = default;
};

/// Nothing is left open: what the tags do not say follows from those that are there, and where there are none, from the
/// picture's size (BT.709 from 720 lines or 1280 columns on, else BT.601 of the 625 or 525 line system). RGB is sRGB.
Colours colours_of(const AVFrame& frame);

/// The colours of renditions: those of the source where every browser knows them, in limited range; of RGB BT.709 in
/// full range; else BT.709.
Colours rendition_colours(const Colours& source);

DynamicRange dynamic_range_of(AVColorTransferCharacteristic transfer);
std::string_view name_of(DynamicRange range);  // "PQ", "HLG"

/// Filters (each ending with a comma) that mark pictures as `colours`.
std::string mark_colours(const Colours& colours);

/// Filters that scale to width × height and make 8-bit 4:2:0 in `to` of pictures marked as `from`. `to`: what
/// rendition_colours() gives for `from`, or kJpegColours.
std::string convert_colours(const Colours& from, const Colours& to, int width, int height);

/// What a JPEG holds (JFIF): BT.601's matrix, full range.
inline constexpr Colours kJpegColours{AVCOL_SPC_BT470BG, AVCOL_PRI_BT709, AVCOL_TRC_IEC61966_2_1, AVCOL_RANGE_JPEG};

/// False when this machine's FFmpeg lacks the filters for HDR and wide gamut.
bool can_tone_map();

}  // namespace swarma::content::media
