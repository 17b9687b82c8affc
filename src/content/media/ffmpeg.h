// FFmpeg with owners. Internal to this folder: included by its .cpp files only.
#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavcodec/bsf.h>
#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavformat/avformat.h>
#include <libavutil/audio_fifo.h>
#include <libavutil/channel_layout.h>
#include <libavutil/display.h>
#include <libavutil/dovi_meta.h>
#include <libavutil/imgutils.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
}

#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"

namespace swarma::content::media::ff {

struct Freer {
  void operator()(AVPacket* p) const;
  void operator()(AVFrame* p) const { av_frame_free(&p); }
  void operator()(AVCodecContext* p) const { avcodec_free_context(&p); }
  void operator()(AVCodecParameters* p) const { avcodec_parameters_free(&p); }
  void operator()(AVFilterGraph* p) const { avfilter_graph_free(&p); }
  void operator()(AVBSFContext* p) const { av_bsf_free(&p); }
  void operator()(SwsContext* p) const { sws_freeContext(p); }
  void operator()(AVAudioFifo* p) const { av_audio_fifo_free(p); }
};

using Packet = std::unique_ptr<AVPacket, Freer>;
using Frame = std::unique_ptr<AVFrame, Freer>;
using Codec = std::unique_ptr<AVCodecContext, Freer>;
using Parameters = std::unique_ptr<AVCodecParameters, Freer>;
using Graph = std::unique_ptr<AVFilterGraph, Freer>;
using Bsf = std::unique_ptr<AVBSFContext, Freer>;
using Samples = std::unique_ptr<AVAudioFifo, Freer>;
using Scaler = std::unique_ptr<SwsContext, Freer>;

inline constexpr AVRational kMicro{1, 1'000'000};

/// Memory that runs out is not an expected failure: these abort. Packets are reused: a film has a hundred thousand.
Packet new_packet();
Frame new_frame();
/// New references to the same data.
Packet share(const AVPacket& packet);
Frame share(const AVFrame& frame);
Parameters copy_parameters(const AVCodecParameters& from);

/// FFmpeg's own text for an error number.
std::string error_text(int code);
/// An Error for a library call that failed: "Cannot open the encoder: Invalid argument."
std::unexpected<Error> failed(int code, ErrorCode kind, std::string_view reason, std::string_view doing);

/// FFmpeg's messages go to our debug log instead of standard error. Called by whoever opens a file; repeating is cheap.
void quiet();

/// A decoder for the stream, opened. `threads` 0: one per core.
Result<Codec> open_decoder(const AVStream& stream, int threads);

/// The display size of pixels as FFmpeg uses it: 0:1 becomes 1:1.
inline AVRational sane_ratio(AVRational r) {
  return r.num > 0 && r.den > 0 ? r : AVRational{1, 1};
}

}  // namespace swarma::content::media::ff
