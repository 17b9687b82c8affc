// Text in an unknown or a named encoding becomes valid UTF-8, and UTF-8 stays what it is. The first byte chooses what
// is known about the text.
#include <cstdlib>
#include <iterator>

#include "content/media/captions.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace swarma::content::media;
  static const TextHint hints[] = {{"", ""},   {"en", ""},           {"ru", ""},          {"zh", ""}, {"ja", ""},
                                   {"sr", ""}, {"", "windows-1251"}, {"", "iso-2022-jp"}, {"", "gbk"}};
  const TextHint& hint = size == 0 ? hints[0] : hints[data[0] % std::size(hints)];
  auto text = decode_text({data, size}, hint);
  if (!text) return 0;
  if (!is_utf8(swarma::view(text->text))) std::abort();
  // With a mark in front, so that the second reading cannot take it for another encoding.
  auto again = decode_text(swarma::view("\xEF\xBB\xBF" + text->text));
  if (again && again->text != text->text) std::abort();
  return 0;
}
