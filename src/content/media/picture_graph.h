// Filters between a decoder and whoever takes pictures. Internal: included by .cpp files of this folder only.
#pragma once

#include <string>
#include <vector>

#include "content/media/ffmpeg.h"
#include "content/media/media_info.h"

namespace swarma::content::media {

struct PictureSize {
  int width = 0, height = 0;
};

class PictureGraph {
 public:
  /// For pictures like this one. `filters` leads from [in] to [o0], [o1] …
  static Result<PictureGraph> create(const AVFrame& like, AVRational time_base, const std::string& filters,
                                     std::size_t outputs);

  /// False when another graph is needed.
  bool fits(const AVFrame& frame) const;

  /// Takes the frame's data; null: the end.
  Result<void> push(AVFrame* frame);
  /// One picture in every size, with times as they came in; empty when there is none yet.
  Result<std::vector<ff::Frame>> pull();

 private:
  ff::Graph graph_;
  AVFilterContext* source_ = nullptr;
  std::vector<AVFilterContext*> sinks_;
  AVRational time_base_{};
  ff::Frame like_;  // properties only
};

/// Makes pictures upright: mirrored, then turned. Each filter ends with a comma.
std::string make_upright(const Orientation& orientation);

/// From decoded pictures to upright, progressive ones in every size, in the colours of renditions, each size scaled
/// from the one before. `wider`: how many times wider than high the picture is, compared with those that the sizes are
/// made for; it keeps its shape between black bars.
std::string rendition_filters(const VideoStream& video, const AVFrame& like, const std::vector<PictureSize>& sizes,
                              double wider = 1);

}  // namespace swarma::content::media
