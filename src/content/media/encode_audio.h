// Any sound as AAC-LC: decoded, mixed to the wanted channels, gaps filled, padded to the picture's end, in memory that
// does not grow with a gap. Internal: included by .cpp files of this folder only.
#pragma once

#include <string>

#include "content/media/track_writer.h"

namespace swarma::content::media {

class EncodeAudio {
 public:
  EncodeAudio(PackageRun& run, std::size_t track, const AVStream& stream);
  Result<void> take(ff::Packet packet);
  Result<void> end();

 private:
  Result<void> open_decoder();
  Result<void> receive_frames();
  Result<void> build(const AVFrame& frame);
  int try_graph(const AVFrame& frame, const std::string& layout, const std::string& first_filter);
  Result<void> open_encoder();
  Result<void> filter(AVFrame* frame);
  Result<void> close_graph();
  Result<void> take_filtered();
  Result<void> fill_silence(std::int64_t until);
  Result<void> encode(bool rest);
  Result<void> receive_packets();
  std::int64_t to_samples(std::int64_t pts, AVRational base) const;
  /// Where the next sample that comes out of the graph belongs.
  std::int64_t position() const { return next_sample_ + av_audio_fifo_size(samples_.get()); }

  PackageRun& run_;
  const std::size_t track_;
  const TrackPlan& plan_;
  const AVStream& stream_;
  std::int64_t offset_;
  ff::Codec decoder_, encoder_;
  ff::Graph graph_;
  AVFilterContext *source_ = nullptr, *sink_ = nullptr;
  std::unique_ptr<TrackWriter> writer_;
  std::unique_ptr<SlotClock> clock_;
  std::int64_t next_pts_ = 0;     // for frames without a time, in the stream's time base
  ff::Samples samples_;           // on their way to the encoder, which takes whole frames
  std::int64_t next_sample_ = 0;  // of those: where the first belongs, in film time
  std::int64_t frame_end_ = 0;    // where the latest decoded frame ends, in samples of film time
  int built_rate_ = 0, built_format_ = -1, built_channels_ = 0;
  Slot slot_ = 0;
};

}  // namespace swarma::content::media
