// A multivariant playlist: every name it leads to is in the text.
#include <cstdlib>

#include "title/hls_playlist.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace swarma;
  const std::string_view text = as_text({data, size});
  const auto names = title::parse_multivariant_playlist(text);
  if (!names) return 0;
  for (const BlobId& id : *names)
    if (text.find(id.hex() + ".m3u8") == std::string_view::npos) std::abort();
  return 0;
}
