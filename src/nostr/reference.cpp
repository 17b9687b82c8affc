#include "nostr/reference.h"

#include <optional>

#include "base/bech32.h"
#include "nostr/event.h"

namespace swarma::nostr {
namespace {

constexpr std::size_t kMaxText = 5'000;  // NIP-19 advises this bound

std::unexpected<Error> bad_reference() {
  return fail(ErrorCode::BadRequest, "bad_reference",
              "This names nothing on Nostr: give an npub1…, nprofile1…, note1…, nevent1…, naddr1… or 64 hexadecimal "
              "digits, and check it letter by letter.");
}

/// The entries of a TLV: 0 special, 1 relay, 2 author, 3 kind.
struct Entries {
  std::optional<Bytes> special, author, kind;
};
std::optional<Entries> read_entries(ByteView data) {
  Entries out;
  while (!data.empty()) {
    if (data.size() < 2 || data.size() < 2u + data[1]) return std::nullopt;
    const ByteView value = data.subspan(2, data[1]);
    std::optional<Bytes>* const slot = data[0] == 0   ? &out.special
                                       : data[0] == 2 ? &out.author
                                       : data[0] == 3 ? &out.kind
                                                      : nullptr;
    if (slot != nullptr && !*slot) *slot = Bytes(value.begin(), value.end());
    data = data.subspan(2 + value.size());
  }
  return out;
}

}  // namespace

Result<Reference> parse_reference(std::string_view text) {
  if (text.starts_with("nostr:")) text.remove_prefix(6);
  using Kind = Reference::Kind;
  if (is_hex_id(text)) return Reference{Kind::Event, std::string(text)};
  const auto decoded = parse_bech32(text, kMaxText);
  const auto bytes = decoded ? bech32_bytes(decoded->values) : bad_reference();
  if (!bytes) return bad_reference();
  const std::string& prefix = decoded->prefix;
  const Bytes& data = *bytes;
  if (prefix == "npub" && data.size() == 32) return Reference{Kind::Profile, to_hex(data), to_hex(data)};
  if (prefix == "note" && data.size() == 32) return Reference{Kind::Event, to_hex(data)};
  const auto entries = read_entries(data);
  if (!entries || !entries->special) return bad_reference();
  const std::string author = entries->author && entries->author->size() == 32 ? to_hex(*entries->author) : "";
  if (prefix == "nprofile" && entries->special->size() == 32)
    return Reference{Kind::Profile, to_hex(*entries->special), to_hex(*entries->special)};
  if (prefix == "nevent" && entries->special->size() == 32)
    return Reference{Kind::Event, to_hex(*entries->special), author};
  if (prefix != "naddr" || author.empty() || !entries->kind || entries->kind->size() != 4) return bad_reference();
  std::uint32_t kind = 0;
  for (const std::uint8_t byte : *entries->kind) kind = kind << 8 | byte;
  return Reference{Kind::Address, std::to_string(kind) + ":" + author + ":" + std::string(as_text(*entries->special)),
                   author};
}

}  // namespace swarma::nostr
