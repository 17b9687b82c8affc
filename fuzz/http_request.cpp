// A request from a stranger: read in one piece, and in two pieces, cut at some 16 places. Both must end alike; only
// where no empty line came may the cut reading still wait for more while the whole one has already seen the mistake.
#include <cstdlib>
#include <functional>

#include "net/http_parser.h"

namespace {

using namespace swarma;
using namespace swarma::net;

constexpr std::size_t kMaxHead = 512;  // small, so that the limit is met often
constexpr std::uint64_t kMaxBody = 256;

struct Outcome {
  bool failed = false, head_done = false, done = false;
  std::string method, target, body, left;
  Headers headers;
  bool operator==(const Outcome& other) const {
    return failed == other.failed && head_done == other.head_done && done == other.done && method == other.method &&
           target == other.target && body == other.body && left == other.left && headers.all() == other.headers.all();
  }
};

Outcome read(RequestParser& parser, std::string_view text, std::size_t cut) {
  parser.reset(kMaxHead);
  Outcome out;
  std::string waiting;
  for (const std::string_view part : {text.substr(0, cut), text.substr(cut)}) {
    waiting += part;
    for (bool progress = true; progress && !(parser.head_done() && parser.done());) {
      const bool had_head = parser.head_done();
      const Result<std::size_t> used = parser.feed(waiting);
      if (!used) {
        out.failed = true;
        return out;
      }
      if (*used > waiting.size()) std::abort();
      waiting.erase(0, *used);
      if (!had_head && parser.head_done()) parser.limit_body(kMaxBody);
      progress = *used > 0;
    }
  }
  out.head_done = parser.head_done();
  if (!out.head_done) return out;  // how much of an unfinished head was taken depends on the cut
  const RequestHead& head = parser.head();
  out.done = parser.done();
  out.method = head.method;
  out.target = head.target;
  out.headers = head.headers;
  out.body = parser.body();
  if (out.done) out.left = waiting;
  if (head.headers.count("transfer-encoding") > 0 && head.content_length) std::abort();
  if (!head.content_length && parser.body().size() > kMaxBody) std::abort();
  if (head.content_length && parser.body().size() > *head.content_length) std::abort();
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 2048) return 0;
  static RequestParser parser;
  const std::string_view text = as_text({data, size});
  const Outcome whole = read(parser, text, 0);
  const std::size_t step = 1 + text.size() / 16;  // another set of places for every text
  for (std::size_t cut = 1 + std::hash<std::string_view>{}(text) % step; cut < text.size(); cut += step) {
    const Outcome parts = read(parser, text, cut);
    if (parts == whole) continue;
    if (whole.failed && !parts.failed && !parts.done) continue;  // not seen yet
    std::abort();
  }
  return 0;
}
