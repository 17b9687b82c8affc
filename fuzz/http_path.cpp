// Request targets and queries: a path never leads upwards, holds no control character and is stable when read again.
#include <algorithm>
#include <cstdlib>

#include "base/bytes.h"
#include "net/http.h"
#include "net/http_syntax.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace swarma;
  using namespace swarma::net;
  const std::string_view text = as_text({data, size});
  if (const auto path = normalise_path(text)) {
    if (!path->starts_with('/') || !is_utf8(*path) || path->size() > text.size()) std::abort();
    for (const char c : *path)
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) std::abort();
    for (const std::string_view bad : {"/../", "/./"})
      if ((*path + "/").find(bad) != std::string::npos) std::abort();
    std::string escaped = "/";
    for (std::size_t at = 1, end; at <= path->size(); at = end + 1, escaped += end < path->size() ? "/" : "") {
      end = std::min(path->find('/', at), path->size());
      escaped += percent_encode(path->substr(at, end - at));
    }
    const auto again = normalise_path(escaped);
    if (!again || *again != *path) std::abort();
  }
  if (percent_decode(percent_encode(text)).has_value() != is_utf8(text)) std::abort();
  if (const auto value = find_query(text, "q", SIZE_MAX); value && *value && !is_utf8(**value)) std::abort();
  return 0;
}
