#include "base/bytes.h"

namespace swarma {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kBase64Url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view kBase32 = "abcdefghijklmnopqrstuvwxyz234567";

std::unexpected<Error> bad(std::string_view what) {
  return fail(ErrorCode::BadRequest, "bad_encoding", "This is not " + std::string(what) + ".");
}

using Table = std::array<std::int8_t, 256>;

constexpr Table make_table(std::string_view alphabet) {
  Table table{};
  table.fill(-1);
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
  return table;
}

/// Encodes big-endian groups of `bits` bits, the last one filled with zero bits.
std::string encode_bits(ByteView bytes, std::string_view alphabet, unsigned bits) {
  std::string out;
  out.reserve((bytes.size() * 8 + bits - 1) / bits);
  std::uint32_t buffer = 0;
  unsigned held = 0;
  for (std::uint8_t byte : bytes) {
    buffer = (buffer << 8) | byte;
    held += 8;
    while (held >= bits) {
      held -= bits;
      out.push_back(alphabet[(buffer >> held) & ((1u << bits) - 1)]);
    }
  }
  if (held > 0) out.push_back(alphabet[(buffer << (bits - held)) & ((1u << bits) - 1)]);
  return out;
}

Result<Bytes> decode_bits(std::string_view text, const Table& table, unsigned bits, std::string_view what) {
  Bytes out;
  out.reserve(text.size() * bits / 8);
  std::uint32_t buffer = 0;
  unsigned held = 0;
  for (char c : text) {
    const int value = table[static_cast<unsigned char>(c)];
    if (value < 0) return bad(what);
    buffer = (buffer << bits) | static_cast<std::uint32_t>(value);
    held += bits;
    if (held >= 8) {
      held -= 8;
      out.push_back(static_cast<std::uint8_t>(buffer >> held));
    }
  }
  // Left-over bits must be zero and fewer than one character's worth: one spelling per value.
  if (held >= bits || (buffer & ((1u << held) - 1)) != 0) return bad(what);
  return out;
}

}  // namespace

ByteView view(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Bytes to_bytes(std::string_view text) {
  const ByteView bytes = view(text);
  return {bytes.begin(), bytes.end()};
}

std::string to_hex(ByteView bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (std::uint8_t byte : bytes) {
    out.push_back(kHex[byte >> 4]);
    out.push_back(kHex[byte & 15]);
  }
  return out;
}

Result<Bytes> parse_hex(std::string_view text) {
  static constexpr Table table = make_table(kHex);
  if (text.size() % 2 != 0) return bad("lower-case hex");
  return decode_bits(text, table, 4, "lower-case hex");
}

/// As encode_bits with 6 bits, four characters at a time: every signed object passes here, sealed ones twice.
std::string to_base64url(ByteView bytes) {
  std::string out((bytes.size() * 4 + 2) / 3, '\0');
  char* to = out.data();
  for (; bytes.size() >= 3; bytes = bytes.subspan(3)) {
    const std::uint32_t group = (std::uint32_t{bytes[0]} << 16) | (std::uint32_t{bytes[1]} << 8) | bytes[2];
    for (unsigned shift : {18u, 12u, 6u, 0u}) *to++ = kBase64Url[(group >> shift) & 63];
  }
  std::string rest = encode_bits(bytes, kBase64Url, 6);
  std::copy(rest.begin(), rest.end(), to);
  return out;
}

Result<Bytes> parse_base64url(std::string_view text) {
  static constexpr Table table = make_table(kBase64Url);
  return decode_bits(text, table, 6, "base64url without padding");
}

std::string to_base32(ByteView bytes) {
  return encode_bits(bytes, kBase32, 5);
}

Result<Bytes> parse_base32(std::string_view text) {
  static constexpr Table table = make_table(kBase32);
  return decode_bits(text, table, 5, "lower-case base32 without padding");
}

}  // namespace swarma
