// The one decode: pictures of the source, upright, progressive, scaled to every size that is wanted, with the slots'
// first pictures marked. Internal: included by .cpp files of this folder only.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "content/media/encode_video.h"
#include "content/media/picture_graph.h"

namespace swarma::content::media {

class DecodeVideo {
 public:
  struct Output {
    int width = 0, height = 0;
    std::function<Result<void>(const AVFrame&, bool cut, Slot)> take;
  };
  /// Outputs from large to small: each is scaled from the one before.
  DecodeVideo(PackageRun& run, const AVStream& stream, std::vector<Output> outputs);

  Result<void> open(int threads);
  Result<void> take(ff::Packet packet);
  Result<void> end();

 private:
  Result<void> receive();
  std::int64_t reordering_delay() const;
  Result<void> filter(AVFrame* frame);
  Result<void> drain_graph();
  Result<void> emit(std::vector<ff::Frame> frames);
  Result<void> send(bool cut);

  PackageRun& run_;
  const AVStream& stream_;
  std::vector<Output> outputs_;
  std::int64_t offset_;
  SlotClock clock_;
  ff::Codec codec_;
  std::optional<PictureGraph> graph_;
  std::vector<ff::Frame> last_;  // the latest picture in every size
  double shape_ = 0;             // width to height of the first picture, as shown
  std::int64_t last_duration_ = 0;
  std::int64_t last_source_pts_ = AV_NOPTS_VALUE;
  Slot slot_ = 0;
};

}  // namespace swarma::content::media
