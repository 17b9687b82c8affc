#include "content/media/remux_input.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "content/media/captions_markup.h"

namespace swarma::content::media {
namespace {

constexpr int kReadBuffer = 32 << 10;

std::uint32_t be32(ByteView bytes, std::size_t at) {
  return at + 4 > bytes.size()
             ? 0
             : static_cast<std::uint32_t>(bytes[at]) << 24 | static_cast<std::uint32_t>(bytes[at + 1]) << 16 |
                   static_cast<std::uint32_t>(bytes[at + 2]) << 8 | bytes[at + 3];
}

// The body of the last box of this name among those in `boxes`.
ByteView find_box(ByteView boxes, std::string_view name) {
  ByteView found;
  while (boxes.size() >= 8) {
    std::size_t size = be32(boxes, 0);
    if (size < 8 || size > boxes.size()) break;
    if (as_text(boxes.subspan(4, 4)) == name) found = boxes.subspan(8, size - 8);
    boxes = boxes.subspan(size);
  }
  return found;
}

class FragmentSource : public PacketSource {
 public:
  explicit FragmentSource(std::function<Result<Bytes>()> next) : next_(std::move(next)) {}
  ~FragmentSource() override {
    avformat_close_input(&context_);
    if (io_) av_freep(&io_->buffer);
    avio_context_free(&io_);
  }

  Result<void> open() {
    ff::quiet();
    auto* buffer = static_cast<std::uint8_t*>(av_malloc(kReadBuffer));
    io_ = avio_alloc_context(buffer, kReadBuffer, 0, this, read, nullptr, nullptr);
    context_ = avformat_alloc_context();
    if (!buffer || !io_ || !context_) std::abort();
    io_->seekable = 0;
    context_->pb = io_;
    context_->flags |= AVFMT_FLAG_CUSTOM_IO | AVFMT_FLAG_NOPARSE;
    context_->io_open = [](AVFormatContext*, AVIOContext**, const char*, int, AVDictionary**) {
      return AVERROR(EPERM);
    };
    int e = avformat_open_input(&context_, "", av_find_input_format("mp4"), nullptr);
    if (error_) return std::unexpected(*error_);
    if (e < 0) return ff::failed(e, ErrorCode::Corrupt, "broken_segment", "read the init segment of a track");
    if (context_->nb_streams != 1)
      return fail(ErrorCode::Corrupt, "broken_segment", "A track's init segment does not hold exactly one track.");
    return {};
  }

  const AVCodecParameters& parameters() const override { return *context_->streams[0]->codecpar; }
  AVRational time_base() const override { return context_->streams[0]->time_base; }

  std::int64_t last_duration() const override { return last_duration_; }

  Result<ff::Packet> next() override {
    ff::Packet packet = ff::new_packet();
    int e = av_read_frame(context_, packet.get());
    if (error_) return std::unexpected(*error_);
    if (e == AVERROR_EOF) return ff::Packet();
    if (e < 0) return ff::failed(e, ErrorCode::Corrupt, "broken_segment", "read a segment");
    if (packet->flags & AV_PKT_FLAG_CORRUPT)
      return fail(ErrorCode::Corrupt, "broken_segment", "A segment of the film ends in the middle of a sample.");
    return packet;
  }

 private:
  static int read(void* opaque, std::uint8_t* to, int size) {
    auto& self = *static_cast<FragmentSource*>(opaque);
    while (self.at_ == self.bytes_.size()) {
      if (self.ended_) return AVERROR_EOF;
      auto bytes = self.next_();
      if (!bytes) {
        self.error_ = std::move(bytes).error();
        self.ended_ = true;
        return AVERROR_EXTERNAL;
      }
      self.ended_ = bytes->empty();
      self.bytes_ = *std::move(bytes);
      if (!self.ended_) self.last_duration_ = last_sample_duration(self.bytes_);
      self.at_ = 0;
    }
    auto n = std::min(static_cast<std::size_t>(size), self.bytes_.size() - self.at_);
    std::memcpy(to, self.bytes_.data() + self.at_, n);
    self.at_ += n;
    return static_cast<int>(n);
  }

  std::function<Result<Bytes>()> next_;
  AVFormatContext* context_ = nullptr;
  AVIOContext* io_ = nullptr;
  Bytes bytes_;
  std::size_t at_ = 0;
  bool ended_ = false;
  std::int64_t last_duration_ = 0;
  std::optional<Error> error_;
};

// 3GPP TS 26.245: the sample description of timed text, white sans-serif text centred at the bottom.
constexpr std::uint8_t kTextDescription[] = {
    0,    0,    0,    0,                        // display flags
    1,    0xFF,                                 // centred, at the bottom
    0,    0,    0,    0,                        // transparent background
    0,    0,    0,    0,    0,   0,   0,   0,   // box: the player's choice
    0,    0,    0,    0,    0,   1,   0,   16,  // style: whole text, font 1, plain, size 16
    0xFF, 0xFF, 0xFF, 0xFF,                     // white
    0,    0,    0,    18,   'f', 't', 'a', 'b', 0, 1, 0, 1, 5, 'A', 'r', 'i', 'a', 'l'};

struct Shown {
  std::int64_t start_ms, end_ms;
  std::string text;
};

// One after the other without overlap, from zero on.
std::vector<Shown> flatten(const std::vector<Cue>& cues) {
  std::vector<std::int64_t> times{0};
  for (const Cue& cue : cues)
    if (cue.end_ms > cue.start_ms && cue.start_ms >= 0) times.push_back(cue.start_ms), times.push_back(cue.end_ms);
  std::sort(times.begin(), times.end());
  times.erase(std::unique(times.begin(), times.end()), times.end());
  std::vector<Shown> out;
  std::vector<const Cue*> active;
  std::size_t next = 0;
  for (std::size_t i = 0; i + 1 < times.size(); ++i) {
    std::erase_if(active, [&](const Cue* cue) { return cue->end_ms <= times[i]; });
    for (; next < cues.size() && cues[next].start_ms <= times[i]; ++next)
      if (cues[next].end_ms > times[i]) active.push_back(&cues[next]);
    std::string text;
    for (const Cue* cue : active) text += (text.empty() ? "" : "\n") + plain_cue_text(cue->text);
    if (!out.empty() && out.back().text == text)
      out.back().end_ms = times[i + 1];
    else
      out.push_back({.start_ms = times[i], .end_ms = times[i + 1], .text = std::move(text)});
  }
  return out;
}

class TextSource : public PacketSource {
 public:
  explicit TextSource(std::vector<Cue> cues) : parameters_(avcodec_parameters_alloc()) {
    sort_cues(cues);
    shown_ = flatten(cues);
    if (!parameters_) std::abort();
    parameters_->codec_type = AVMEDIA_TYPE_SUBTITLE;
    parameters_->codec_id = AV_CODEC_ID_MOV_TEXT;
    parameters_->extradata =
        static_cast<std::uint8_t*>(av_mallocz(sizeof kTextDescription + AV_INPUT_BUFFER_PADDING_SIZE));
    if (!parameters_->extradata) std::abort();
    std::memcpy(parameters_->extradata, kTextDescription, sizeof kTextDescription);
    parameters_->extradata_size = sizeof kTextDescription;
  }
  const AVCodecParameters& parameters() const override { return *parameters_; }
  AVRational time_base() const override { return {1, 1000}; }

  Result<ff::Packet> next() override {
    if (at_ == shown_.size()) return ff::Packet();
    const Shown& s = shown_[at_++];
    std::size_t length = std::min<std::size_t>(s.text.size(), 0xFFFF);
    while (length < s.text.size() && length > 0 && (static_cast<std::uint8_t>(s.text[length]) & 0xC0) == 0x80) --length;
    ff::Packet packet = ff::new_packet();
    if (av_new_packet(packet.get(), static_cast<int>(length + 2)) < 0) std::abort();
    packet->data[0] = static_cast<std::uint8_t>(length >> 8);
    packet->data[1] = static_cast<std::uint8_t>(length);
    std::memcpy(packet->data + 2, s.text.data(), length);
    packet->pts = packet->dts = s.start_ms;
    packet->duration = s.end_ms - s.start_ms;
    packet->flags |= AV_PKT_FLAG_KEY;
    return packet;
  }

 private:
  ff::Parameters parameters_;
  std::vector<Shown> shown_;
  std::size_t at_ = 0;
};

}  // namespace

// ISO/IEC 14496-12, 8.8.7 and 8.8.8: per sample in trun, else the default in tfhd.
std::int64_t last_sample_duration(ByteView segment) {
  ByteView traf = find_box(find_box(segment, "moof"), "traf"), tfhd = find_box(traf, "tfhd"),
           trun = find_box(traf, "trun");
  std::uint32_t flags = be32(trun, 0) & 0xFFFFFF, count = be32(trun, 4);
  if (flags & 0x100) {
    std::size_t fields = 0;
    for (std::uint32_t bit : {0x100U, 0x200U, 0x400U, 0x800U}) fields += (flags & bit) != 0;
    std::size_t head = 8 + ((flags & 0x1) ? 4U : 0U) + ((flags & 0x4) ? 4U : 0U);
    return count == 0 ? 0 : be32(trun, head + (std::size_t{count} - 1) * fields * 4);
  }
  std::uint32_t defaults = be32(tfhd, 0) & 0xFFFFFF;
  if (!(defaults & 0x8)) return 0;
  return be32(tfhd, 8 + ((defaults & 0x1) ? 8U : 0U) + ((defaults & 0x2) ? 4U : 0U));
}

Result<std::unique_ptr<PacketSource>> open_fragments(std::function<Result<Bytes>()> next) {
  auto source = std::make_unique<FragmentSource>(std::move(next));
  SWARMA_RETURN_IF_ERROR(source->open());
  return source;
}

std::unique_ptr<PacketSource> make_text_source(const std::vector<Cue>& cues) {
  return std::make_unique<TextSource>(cues);
}

}  // namespace swarma::content::media
