#include "crypto/lightning_invoice.h"

#include <algorithm>
#include <span>

#include "base/bech32.h"
#include "base/text.h"
#include "crypto/secp256k1.h"

namespace swarma::crypto {
namespace {

constexpr std::size_t kTimeValues = 7;         // 35 bits
constexpr std::size_t kSignatureValues = 104;  // 64 bytes and the recovery id
constexpr std::size_t kHashValues = 52;        // 256 bits
constexpr std::uint64_t kMaxAmount = 21'000'000ULL * 100'000'000 * 1'000;

using Values = std::span<const std::uint8_t>;

std::unexpected<Error> bad_invoice(const char* why) {
  return fail(ErrorCode::BadRequest, "bad_invoice", std::string("This is no invoice of Lightning: ") + why);
}

/// "2500u" of a bitcoin, in thousandths of a satoshi.
std::optional<std::uint64_t> read_amount(std::string_view text) {
  std::uint64_t factor = 100'000'000'000;
  bool tenths = false;
  if (text.back() < '0' || text.back() > '9') {
    switch (text.back()) {
      case 'm':
        factor = 100'000'000;
        break;
      case 'u':
        factor = 100'000;
        break;
      case 'n':
        factor = 100;
        break;
      case 'p':
        factor = 1;
        tenths = true;
        break;
      default:
        return std::nullopt;
    }
    text.remove_suffix(1);
  }
  const auto number = parse_number<std::uint64_t>(text);
  if (!number || text.front() == '0' || *number > kMaxAmount || *number > 10 * kMaxAmount / factor) return std::nullopt;
  if (!tenths) return *number * factor;
  return *number % 10 == 0 ? std::optional(*number / 10) : std::nullopt;
}

/// "ln", the network, the amount.
Result<void> read_prefix(std::string_view prefix, LightningInvoice& invoice) {
  if (!prefix.starts_with("ln")) return bad_invoice("it does not begin with \"ln\".");
  prefix.remove_prefix(2);
  for (const std::string_view network : {"bcrt", "tbs", "tb", "bc"}) {
    if (!prefix.starts_with(network)) continue;
    const std::string_view amount = prefix.substr(network.size());
    if (!amount.empty() && (amount.front() < '0' || amount.front() > '9')) continue;
    invoice.network = network;
    if (!amount.empty() && !(invoice.amount_msat = read_amount(amount))) return bad_invoice("its amount is broken.");
    return {};
  }
  return bad_invoice("it is for a network that is not known.");
}

std::optional<std::uint64_t> number_of(Values values) {
  if (values.size() > 12) return std::nullopt;
  std::uint64_t number = 0;
  for (const std::uint8_t value : values) number = number << 5 | value;
  return number;
}

Digest digest_of(Values values) {
  const auto bytes = bech32_bytes({values.begin(), values.end()});
  Digest out{};
  if (bytes && bytes->size() >= out.size()) std::copy_n(bytes->begin(), out.size(), out.begin());
  return out;
}

struct Fields {
  std::optional<Digest> payment_hash;
  bool has_secret = false;
  std::uint64_t expiry_s = 3'600;
};

Result<Fields> read_fields(Values values) {
  Fields out;
  while (!values.empty()) {
    if (values.size() < 3) return bad_invoice("it is cut off.");
    const std::uint8_t type = values[0];
    const std::size_t length = values[1] * 32u + values[2];
    if (values.size() < 3 + length) return bad_invoice("it is cut off.");
    const Values value = values.subspan(3, length);
    if (type == 1 && length == kHashValues && !out.payment_hash) out.payment_hash = digest_of(value);
    if (type == 16 && length == kHashValues) out.has_secret = true;
    if (type == 6) {
      const auto seconds = number_of(value);
      if (!seconds) return bad_invoice("its expiry is broken.");
      out.expiry_s = *seconds;
    }
    values = values.subspan(3 + length);
  }
  if (!out.payment_hash || !out.has_secret) return bad_invoice("it lacks a payment hash or a payment secret.");
  return out;
}

/// The signature is over the prefix and the bits before it, filled up with zeros to a whole byte.
Result<std::string> read_payee(std::string_view prefix, Values data, Values signature_values) {
  Bytes message = to_bytes(prefix);
  std::uint32_t bits = 0;
  int held = 0;
  for (const std::uint8_t value : data) {
    bits = bits << 5 | value;
    held += 5;
    if (held < 8) continue;
    held -= 8;
    message.push_back(static_cast<std::uint8_t>(bits >> held));
    bits &= (1u << held) - 1;
  }
  if (held > 0) message.push_back(static_cast<std::uint8_t>(bits << (8 - held)));
  SWARMA_TRY(const Bytes signature, bech32_bytes({signature_values.begin(), signature_values.end()}));
  std::array<std::uint8_t, 64> rs;
  std::copy_n(signature.begin(), rs.size(), rs.begin());
  const auto point = recover_signer(sha256(message), rs, signature.back());
  if (!point) return bad_invoice("nobody signed it.");
  return (point->back() % 2 == 0 ? "02" : "03") + to_hex(ByteView(*point).first(32));
}

}  // namespace

Result<LightningInvoice> parse_lightning_invoice(std::string_view text) {
  const auto decoded = parse_bech32(text, kMaxInvoiceLength);
  if (!decoded) return bad_invoice("a letter is wrong or missing.");
  const Values values = decoded->values;
  if (values.size() < kTimeValues + kSignatureValues) return bad_invoice("it is cut off.");
  LightningInvoice invoice;
  SWARMA_RETURN_IF_ERROR(read_prefix(decoded->prefix, invoice));
  const Values data = values.first(values.size() - kSignatureValues);
  SWARMA_TRY(const Fields fields, read_fields(data.subspan(kTimeValues)));
  invoice.created_at = Instant(static_cast<std::int64_t>(number_of(data.first(kTimeValues)).value()));
  const auto life = std::min<std::uint64_t>(fields.expiry_s, std::uint64_t{1} << 36);
  invoice.expires_at = Expiry(invoice.created_at, std::chrono::seconds(life));
  invoice.payment_hash = *fields.payment_hash;
  SWARMA_TRY(invoice.payee, read_payee(decoded->prefix, data, values.last(kSignatureValues)));
  return invoice;
}

}  // namespace swarma::crypto
