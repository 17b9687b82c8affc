#include "crypto/ethereum.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/uint256.h"
#include "crypto/secp256k1.h"

namespace swarma::crypto {
namespace {

constexpr std::size_t kMaxFields = 32;
constexpr std::size_t kMaxText = 4096;

std::unexpected<Error> bad_typed_data(const std::string& why) {
  return fail(ErrorCode::BadRequest, "bad_typed_data", "This is no typed data that can be hashed: " + why);
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

Result<Bytes> bytes_of(std::string_view text) {
  if (!text.starts_with("0x")) return bad_typed_data("bytes must begin with \"0x\".");
  return parse_hex(lower(text.substr(2)));
}

Digest padded_left(ByteView bytes) {
  Digest word{};
  std::copy(bytes.begin(), bytes.end(), word.end() - static_cast<std::ptrdiff_t>(bytes.size()));
  return word;
}

Result<Digest> uint256_word(const Json& value) {
  if (value.is_number_unsigned()) return Uint256(value.get<std::uint64_t>()).big_endian();
  if (!value.is_string()) return bad_typed_data("an amount must be a decimal text or a number that is not negative.");
  const auto& text = value.get_ref<const std::string&>();
  SWARMA_TRY(const Uint256 number, text.starts_with("0x") ? Uint256::from_quantity(text) : Uint256::from_decimal(text));
  return number.big_endian();
}

/// One member in 32 bytes (EIP-712, encodeData).
Result<Digest> word_of(const std::string& type, const Json& value) {
  if (type == "uint256") return uint256_word(value);
  if (type == "bool") {
    if (!value.is_boolean()) return bad_typed_data("a bool must be true or false.");
    return Uint256(value.get<bool>() ? 1 : 0).big_endian();
  }
  if (!value.is_string() || value.get_ref<const std::string&>().size() > kMaxText)
    return bad_typed_data("a " + type + " must be a short text.");
  const auto& text = value.get_ref<const std::string&>();
  if (type == "string") return keccak256(view(text));
  if (type == "address") {
    SWARMA_TRY(const EthereumAddress address, EthereumAddress::from_text(text));
    return padded_left(address.bytes());
  }
  SWARMA_TRY(const Bytes bytes, bytes_of(text));
  if (type == "bytes") return keccak256(bytes);
  if (type == "bytes32") return take_exactly<32>(bytes);
  return bad_typed_data("it has a member of a type that is not supported.");
}

void append(Bytes& to, ByteView bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

/// hashStruct of one flat structure: keccak(typeHash ‖ members).
Result<Digest> hash_struct(const std::string& name, const Json& fields, const Json& values) {
  if (!fields.is_array() || fields.size() > kMaxFields || !values.is_object())
    return bad_typed_data("a structure must have a list of fields and an object of values.");
  std::string type = name + "(";
  Bytes words;
  for (const Json& field : fields) {
    const JsonReader reader(field, "field");
    SWARMA_TRY(const std::string field_name, reader.text("name", 64));
    SWARMA_TRY(const std::string field_type, reader.text("type", 64));
    type += (type.back() == '(' ? "" : ",") + field_type + " " + field_name;
    const auto value = values.find(field_name);
    if (value == values.end()) return bad_typed_data("a field has no value.");
    SWARMA_TRY(const Digest word, word_of(field_type, *value));
    append(words, word);
  }
  Bytes encoded;
  append(encoded, keccak256(view(type + ")")));
  append(encoded, words);
  return keccak256(encoded);
}

/// The members of a domain that are there, in the order that EIP-712 gives them.
Json domain_fields(const Json& domain) {
  Json fields = Json::array();
  for (const auto& [name, type] :
       {std::pair("name", "string"), std::pair("version", "string"), std::pair("chainId", "uint256"),
        std::pair("verifyingContract", "address"), std::pair("salt", "bytes32")})
    if (domain.contains(name)) fields.push_back({{"name", name}, {"type", type}});
  return fields;
}

}  // namespace

Result<EthereumAddress> EthereumAddress::from_text(std::string_view text) {
  const auto bad = [](const char* why) {
    return fail(ErrorCode::BadRequest, "bad_address",
                std::string("An address of Ethereum is \"0x\" and 40 hexadecimal digits") + why);
  };
  if (!text.starts_with("0x") || text.size() != 42) return bad(".");
  const auto bytes = parse_hex(lower(text.substr(2)));
  if (!bytes) return bad(".");
  const EthereumAddress address(take_exactly<20>(*bytes).value());
  const auto has = [&](char first, char last) {
    return std::any_of(text.begin() + 2, text.end(), [&](char c) { return c >= first && c <= last; });
  };
  if (has('a', 'f') && has('A', 'F') && address.text() != text)
    return bad("; the case of its letters is a checksum, and this one is wrong: check it letter by letter.");
  return address;
}

std::string EthereumAddress::text() const {
  std::string hex = to_hex(bytes_);
  const std::string hash = to_hex(keccak256(view(hex)));
  for (std::size_t i = 0; i < hex.size(); ++i)
    if (hex[i] >= 'a' && hash[i] >= '8') hex[i] = static_cast<char>(hex[i] - 'a' + 'A');
  return "0x" + hex;
}

Result<Digest> typed_data_digest(const Json& typed_data) {
  const JsonReader reader(typed_data, "typed data");
  SWARMA_TRY(const Json* types, reader.object("types"));
  SWARMA_TRY(const std::string primary, reader.text("primaryType", 64));
  SWARMA_TRY(const Json* domain, reader.object("domain"));
  SWARMA_TRY(const Json* message, reader.object("message"));
  if (!types->contains(primary)) return bad_typed_data("its primary type is not defined.");
  SWARMA_TRY(const Digest domain_hash, hash_struct("EIP712Domain", domain_fields(*domain), *domain));
  SWARMA_TRY(const Digest message_hash, hash_struct(primary, types->at(primary), *message));
  Bytes encoded = {0x19, 0x01};
  append(encoded, domain_hash);
  append(encoded, message_hash);
  return keccak256(encoded);
}

Result<EthereumAddress> signer_of(const Digest& digest, std::string_view signature) {
  const auto bad = [] {
    return fail(ErrorCode::Forbidden, "wallet_signature_bad",
                "The signature must be \"0x\" and 65 bytes, as a wallet gives it for typed data, and be valid.");
  };
  if (!signature.starts_with("0x")) return bad();
  const auto bytes = parse_hex(lower(signature.substr(2)));
  if (!bytes || (bytes->size() != 64 && bytes->size() != 65)) return bad();
  std::array<std::uint8_t, 64> rs;
  std::copy_n(bytes->begin(), rs.size(), rs.begin());
  int parity = 0;
  if (bytes->size() == 65) {
    parity = bytes->back() >= 27 ? bytes->back() - 27 : bytes->back();
  } else {  // ERC-2098: the parity is the top bit of s
    parity = rs[32] >> 7;
    rs[32] &= 0x7f;
  }
  if (parity > 1) return bad();
  const auto key = recover_signer(digest, rs, parity);
  if (!key) return bad();
  std::array<std::uint8_t, 20> address;
  const Digest hash = keccak256(*key);
  std::copy_n(hash.begin() + 12, address.size(), address.begin());
  return EthereumAddress(address);
}

}  // namespace swarma::crypto
