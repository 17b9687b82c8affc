// An event of Nostr from a relay, and a reference that somebody wrote down. What nobody signed is never an event.
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "nostr/event.h"
#include "nostr/reference.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace swarma;
  const std::string_view text = as_text({data, size});
  if (const auto reference = nostr::parse_reference(text);
      reference && reference->kind != nostr::Reference::Kind::Address && !nostr::is_hex_id(reference->value))
    std::abort();
  const auto json = parse_json(text);
  if (!json) return 0;
  if (const auto event = nostr::read_event(*json); event && nostr::event_id(*event) != event->id) std::abort();
  return 0;
}
