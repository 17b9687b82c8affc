// Text in an unknown encoding becomes valid UTF-8, and UTF-8 stays what it is.
#include <cstdlib>

#include "content/media/captions.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace swarma::content::media;
  auto text = decode_text({data, size});
  if (!text) return 0;
  // With a mark in front, so that the second reading cannot take it for another encoding.
  auto again = decode_text(swarma::view("\xEF\xBB\xBF" + *text));
  if (again && *again != *text) std::abort();
  return 0;
}
