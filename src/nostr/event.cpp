#include "nostr/event.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "crypto/hash.h"
#include "crypto/secp256k1.h"

namespace swarma::nostr {
namespace {

std::unexpected<Error> bad_event(const std::string& why) {
  return fail(ErrorCode::BadRequest, "bad_event", "This is no event of Nostr: " + why);
}

/// NIP-01 escapes seven characters and nothing else; a JSON library would write other control characters differently
/// and so make another id.
void append_text(std::string& to, std::string_view text) {
  to.push_back('"');
  for (const char c : text) {
    switch (c) {
      case '\n':
        to += "\\n";
        break;
      case '"':
        to += "\\\"";
        break;
      case '\\':
        to += "\\\\";
        break;
      case '\r':
        to += "\\r";
        break;
      case '\t':
        to += "\\t";
        break;
      case '\b':
        to += "\\b";
        break;
      case '\f':
        to += "\\f";
        break;
      default:
        to.push_back(c);
    }
  }
  to.push_back('"');
}

Result<std::vector<Tag>> read_tags(const Json& json) {
  std::vector<Tag> tags;
  for (const Json& item : json) {
    if (!item.is_array() || item.empty() || item.size() > kMaxTags)
      return bad_event("its tags are not lists of texts.");
    Tag& tag = tags.emplace_back();
    for (const Json& text : item) {
      if (!text.is_string()) return bad_event("its tags are not lists of texts.");
      tag.push_back(text.get<std::string>());
    }
  }
  return tags;
}

}  // namespace

std::string_view Event::last(std::string_view name) const {
  const auto found =
      std::find_if(tags.rbegin(), tags.rend(), [&](const Tag& tag) { return tag.front() == name && tag.size() > 1; });
  return found == tags.rend() ? std::string_view() : std::string_view((*found)[1]);
}

bool Event::has(std::string_view name, std::string_view value) const {
  return std::ranges::any_of(tags,
                             [&](const Tag& tag) { return tag.front() == name && tag.size() > 1 && tag[1] == value; });
}

bool is_hex_id(std::string_view text) {
  return text.size() == 64 &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::string event_id(const Event& event) {
  std::string text = "[0,\"" + event.author + "\"," + std::to_string(event.created_at.unix_s()) + "," +
                     std::to_string(event.kind) + ",[";
  for (const Tag& tag : event.tags) {
    text += &tag == &event.tags.front() ? "[" : ",[";
    for (const std::string& item : tag) {
      if (&item != &tag.front()) text.push_back(',');
      append_text(text, item);
    }
    text.push_back(']');
  }
  text += "],";
  append_text(text, event.content);
  text.push_back(']');
  return to_hex(crypto::sha256(view(text)));
}

Result<Event> read_event(const Json& json) {
  const JsonReader reader(json, "event");
  SWARMA_RETURN_IF_ERROR(reader.expect_object());
  Event event;
  SWARMA_TRY(event.id, reader.text("id", 64));
  SWARMA_TRY(event.author, reader.text("pubkey", 64));
  SWARMA_TRY(event.created_at, reader.instant("created_at"));
  SWARMA_TRY(const std::int64_t kind, reader.integer("kind", 0, 65'535));
  event.kind = static_cast<int>(kind);
  SWARMA_TRY(const Json* tags, reader.array("tags", kMaxTags));
  SWARMA_TRY(event.tags, read_tags(*tags));
  SWARMA_TRY(event.content, reader.text("content", kMaxEventBytes));
  SWARMA_TRY(const std::string signature_hex, reader.text("sig", 128));
  if (!is_hex_id(event.id) || !is_hex_id(event.author))
    return bad_event("its id and its author must be 64 lower-case hexadecimal digits.");
  const auto signature = parse_hex(signature_hex);
  const auto key = take_exactly<32>(parse_hex(event.author).value());
  if (event_id(event) != event.id || !signature ||
      !crypto::verify_schnorr(*key, parse_hex(event.id).value(), *signature))
    return fail(ErrorCode::Forbidden, "event_forged",
                "This event is not by the key that it names, or it was changed after it was signed.");
  return event;
}

}  // namespace swarma::nostr
