// Single pictures as JPEG. Internal: included by .cpp files of this folder only.
#pragma once

#include "base/bytes.h"
#include "content/media/ffmpeg.h"
#include "content/media/media_info.h"

namespace swarma::content::media {

/// Makes the picture upright, scales it to width × height, and encodes it, in colours that look as in the renditions.
/// `quality`: 2 (best) to 31.
Result<Bytes> to_jpeg(const AVFrame& frame, int width, int height, const Orientation& orientation, int quality);

/// Mean brightness (0–255) and contrast (standard deviation) of a picture, from a sample of its pixels.
struct Brightness {
  double mean = 0, deviation = 0;
};
Brightness measure_brightness(const AVFrame& frame);

/// Decodes one keyframe on its own.
class KeyframeDecoder {
 public:
  Result<void> open(const AVStream& stream);
  /// Null when the packet gives no picture.
  Result<ff::Frame> decode(const AVPacket& packet);

 private:
  ff::Codec codec_;
};

}  // namespace swarma::content::media
