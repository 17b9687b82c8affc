// A media playlist: what is accepted has one spelling.
#include <cstdlib>

#include "title/hls_playlist.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace swarma;
  const std::string_view text = as_text({data, size});
  const auto playlist = title::parse_media_playlist(text);
  if (playlist && title::write_media_playlist(*playlist) != text) std::abort();
  return 0;
}
