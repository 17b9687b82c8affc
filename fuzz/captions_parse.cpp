// SRT and WebVTT from strangers. Whatever is accepted must come back unchanged through our own WebVTT.
#include <cstdlib>

#include "content/media/captions.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace swarma::content::media;
  auto cues = parse_captions({data, size});
  if (!cues) return 0;
  auto again = parse_captions(swarma::view(write_vtt(*cues)));
  if (!again || again->size() != cues->size()) std::abort();
  for (std::size_t i = 0; i < cues->size(); ++i) {
    const Cue &a = (*cues)[i], &b = (*again)[i];
    if (a.start_ms != b.start_ms || a.end_ms != b.end_ms || a.settings != b.settings || a.text != b.text) std::abort();
  }
  if (!cues->empty()) {
    const Cue& first = cues->front();
    auto segment = parse_captions(swarma::view(write_vtt_segment(*cues, first.start_ms, first.end_ms)));
    if (!segment || segment->empty()) std::abort();
  }
  return 0;
}
