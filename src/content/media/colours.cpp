#include "content/media/colours.h"

#include <fmt/core.h>

namespace swarma::content::media {
namespace {

constexpr int kHdLines = 720, kHdColumns = 1280;

bool is_hd(const AVFrame& frame) {
  return frame.height >= kHdLines || frame.width >= kHdColumns;
}

bool is_rgb(const AVFrame& frame) {
  const AVPixFmtDescriptor* format = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(frame.format));
  return format && (format->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL)) != 0;
}

// Formats whose very name says full range.
bool is_full_range(const AVFrame& frame) {
  switch (frame.format) {
    case AV_PIX_FMT_YUVJ420P:
    case AV_PIX_FMT_YUVJ422P:
    case AV_PIX_FMT_YUVJ444P:
    case AV_PIX_FMT_YUVJ440P:
    case AV_PIX_FMT_YUVJ411P:
      return true;
    default:
      return frame.color_range == AVCOL_RANGE_JPEG;
  }
}

// 576 lines and their halves and quarters are European; 480 and theirs, and everything between, American.
AVColorSpace sd_matrix(const AVFrame& frame) {
  return frame.height % 288 == 0 || frame.height == 144 ? AVCOL_SPC_BT470BG : AVCOL_SPC_SMPTE170M;
}

AVColorSpace matrix_for(AVColorPrimaries primaries, const AVFrame& frame) {
  switch (primaries) {
    case AVCOL_PRI_BT709:
      return AVCOL_SPC_BT709;
    case AVCOL_PRI_BT2020:
      return AVCOL_SPC_BT2020_NCL;
    case AVCOL_PRI_BT470BG:
      return AVCOL_SPC_BT470BG;
    case AVCOL_PRI_SMPTE170M:
    case AVCOL_PRI_SMPTE240M:
      return AVCOL_SPC_SMPTE170M;
    default:
      return is_hd(frame) ? AVCOL_SPC_BT709 : sd_matrix(frame);
  }
}

AVColorPrimaries primaries_for(AVColorSpace matrix) {
  switch (matrix) {
    case AVCOL_SPC_BT2020_NCL:
    case AVCOL_SPC_BT2020_CL:
    case AVCOL_SPC_ICTCP:
      return AVCOL_PRI_BT2020;
    case AVCOL_SPC_BT470BG:
      return AVCOL_PRI_BT470BG;
    case AVCOL_SPC_SMPTE170M:
    case AVCOL_SPC_FCC:
      return AVCOL_PRI_SMPTE170M;
    case AVCOL_SPC_SMPTE240M:
      return AVCOL_PRI_SMPTE240M;
    default:
      return AVCOL_PRI_BT709;
  }
}

AVColorTransferCharacteristic transfer_for(AVColorSpace matrix) {
  switch (matrix) {
    case AVCOL_SPC_RGB:
      return AVCOL_TRC_IEC61966_2_1;
    case AVCOL_SPC_BT2020_NCL:
    case AVCOL_SPC_BT2020_CL:
      return AVCOL_TRC_BT2020_10;
    case AVCOL_SPC_BT470BG:
    case AVCOL_SPC_SMPTE170M:
    case AVCOL_SPC_FCC:
      return AVCOL_TRC_SMPTE170M;
    case AVCOL_SPC_SMPTE240M:
      return AVCOL_TRC_SMPTE240M;
    default:
      return AVCOL_TRC_BT709;
  }
}

template <class T>
bool is_said(T value, T unspecified) {
  return value != unspecified && static_cast<int>(value) > 0;
}

// Linear light in between: zimg knows every pair of these, swscale only matrices.
std::string convert_light(const Colours& from, const Colours& to, int width, int height) {
  // 4:4:4 first: zimg does not take an odd size of subsampled pictures.
  std::string text = "scale,format=yuv444p12le|gbrp12le,";
  text += fmt::format("zscale=w={}:h={}:f=bicubic:t=linear:npl=100,format=gbrpf32le,zscale=p={},", width, height,
                      static_cast<int>(to.primaries));
  if (dynamic_range_of(from.transfer) != DynamicRange::Standard) text += "tonemap=tonemap=hable:desat=0,";
  return text + fmt::format("zscale=p={}:t={}:m={}:r=limited,", static_cast<int>(to.primaries),
                            static_cast<int>(to.transfer), static_cast<int>(to.matrix));
}

const char* swscale_name(AVColorSpace matrix) {
  return matrix == AVCOL_SPC_BT709 ? "bt709" : "bt601";  // 470BG and 170M have the same coefficients
}

bool needs_light(const Colours& from) {
  if (from.matrix == AVCOL_SPC_RGB)
    return from.primaries != AVCOL_PRI_BT709 || dynamic_range_of(from.transfer) != DynamicRange::Standard;
  const bool known_matrix = from.matrix == AVCOL_SPC_BT709 || from.matrix == AVCOL_SPC_BT470BG ||
                            from.matrix == AVCOL_SPC_SMPTE170M || from.matrix == AVCOL_SPC_FCC;
  const bool known_primaries = from.primaries == AVCOL_PRI_BT709 || from.primaries == AVCOL_PRI_BT470BG ||
                               from.primaries == AVCOL_PRI_SMPTE170M || from.primaries == AVCOL_PRI_SMPTE240M ||
                               from.primaries == AVCOL_PRI_BT470M;
  return !known_matrix || !known_primaries || dynamic_range_of(from.transfer) != DynamicRange::Standard;
}

}  // namespace

Colours colours_of(const AVFrame& frame) {
  Colours out;
  const bool has_matrix = is_said(frame.colorspace, AVCOL_SPC_UNSPECIFIED) && frame.colorspace < AVCOL_SPC_NB;
  const bool has_primaries = is_said(frame.color_primaries, AVCOL_PRI_UNSPECIFIED);
  const bool has_transfer = is_said(frame.color_trc, AVCOL_TRC_UNSPECIFIED);
  const DynamicRange range = dynamic_range_of(frame.color_trc);
  if (is_rgb(frame))
    out.matrix = AVCOL_SPC_RGB;
  else if (has_matrix)
    out.matrix = frame.colorspace;
  else if (range != DynamicRange::Standard)
    out.matrix = AVCOL_SPC_BT2020_NCL;
  else
    out.matrix = matrix_for(frame.color_primaries, frame);
  out.primaries = has_primaries ? frame.color_primaries : primaries_for(out.matrix);
  if (!has_primaries && out.matrix == AVCOL_SPC_RGB && range != DynamicRange::Standard)
    out.primaries = AVCOL_PRI_BT2020;
  out.transfer = has_transfer ? frame.color_trc : transfer_for(out.matrix);
  out.range = is_rgb(frame) || is_full_range(frame) ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
  return out;
}

Colours rendition_colours(const Colours& source) {
  Colours hd;
  // Full range as the source has it: Chromium's own conversion of limited BT.709 makes 243 of a pure blue.
  if (source.matrix == AVCOL_SPC_RGB && !needs_light(source)) hd.range = AVCOL_RANGE_JPEG;
  if (needs_light(source) || source.matrix == AVCOL_SPC_RGB || source.matrix == AVCOL_SPC_FCC) return hd;
  Colours out = source;
  out.range = AVCOL_RANGE_MPEG;
  return out;
}

DynamicRange dynamic_range_of(AVColorTransferCharacteristic transfer) {
  if (transfer == AVCOL_TRC_SMPTE2084) return DynamicRange::Pq;
  if (transfer == AVCOL_TRC_ARIB_STD_B67) return DynamicRange::Hlg;
  return DynamicRange::Standard;
}

std::string_view name_of(DynamicRange range) {
  return range == DynamicRange::Pq ? "PQ" : range == DynamicRange::Hlg ? "HLG" : "SDR";
}

std::string mark_colours(const Colours& colours) {
  return fmt::format("setparams=range={}:color_primaries={}:color_trc={}:colorspace={},",
                     static_cast<int>(colours.range), static_cast<int>(colours.primaries),
                     static_cast<int>(colours.transfer), static_cast<int>(colours.matrix));
}

std::string convert_colours(const Colours& from, const Colours& to, int width, int height) {
  std::string text;
  Colours now = from;
  if (needs_light(from)) {
    now = Colours{};
    text = convert_light(from, now, width, height);
  }
  const bool rgb = now.matrix == AVCOL_SPC_RGB;
  text += fmt::format("scale={}:{}:flags=bicubic{}:in_color_matrix={}:out_color_matrix={}:in_range={}:out_range={},",
                      width, height, rgb ? "+accurate_rnd+full_chroma_inp" : "",
                      now.matrix == AVCOL_SPC_FCC ? "fcc" : swscale_name(rgb ? to.matrix : now.matrix),
                      swscale_name(to.matrix), now.range == AVCOL_RANGE_JPEG ? "full" : "limited",
                      to.range == AVCOL_RANGE_JPEG ? "full" : "limited");
  return text + "format=yuv420p," + mark_colours(to);
}

bool can_tone_map() {
  return avfilter_get_by_name("zscale") && avfilter_get_by_name("tonemap");
}

}  // namespace swarma::content::media
