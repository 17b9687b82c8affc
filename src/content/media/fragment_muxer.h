// One track as CMAF: an init segment, then one moof + mdat for each flush, all in memory. Internal: included by .cpp
// files of this folder only.
//
// Times are the film's: tfdt of the first segment is the time of its first picture or sample. What decoding needs in
// front of that (the reordering of pictures, the priming of sound) is taken off by one edit in the init segment, the
// form that browsers and FFmpeg-based players read alike. (Negative composition offsets, the other form CMAF knows, are
// shifted by FFmpeg-based players.)
#pragma once

#include <memory>

#include "base/bytes.h"
#include "content/media/ffmpeg.h"

namespace swarma::content::media {

class FragmentMuxer {
 public:
  /// `parameters` as the packets have them; times of packets are in `time_base`.
  FragmentMuxer(const AVCodecParameters& parameters, AVRational time_base);
  ~FragmentMuxer();
  FragmentMuxer(const FragmentMuxer&) = delete;
  FragmentMuxer& operator=(const FragmentMuxer&) = delete;

  /// Appends a packet to the open segment. Its duration must reach to the next packet. Takes the packet's data over.
  Result<void> write(AVPacket& packet);

  /// ftyp + moov, once at least one packet is written.
  Result<Bytes> init();
  /// Ends the segment that write() has filled.
  Result<Bytes> flush();
  /// Memory for the next segment, with any content. Optional.
  void use_buffer(Bytes buffer) { out_ = std::move(buffer); }

 private:
  Result<void> start(const AVPacket& first);
  static int write_out(void* opaque, std::uint8_t* data, int size);
  static std::int64_t seek_out(void* opaque, std::int64_t offset, int whence);

  ff::Parameters parameters_;
  AVRational time_base_;
  AVFormatContext* context_ = nullptr;
  AVIOContext* io_ = nullptr;
  bool started_ = false;
  Bytes out_;                 // never shorter than what was in it: zeroing it anew each time would cost
  std::size_t used_ = 0;      // bytes of out_ that belong to the open segment
  std::size_t at_ = 0;        // where in out_ the muxer writes
  std::int64_t drained_ = 0;  // bytes before out_
};

/// RFC 6381 name of what an init segment holds: "avc1.64001f", "mp4a.40.2"; empty if it is neither.
std::string codecs_of_init(ByteView init);

}  // namespace swarma::content::media
