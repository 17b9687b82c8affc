// What an invoice of the Lightning network asks for (BOLT 11), and who signed it. Reading only.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "crypto/hash.h"

namespace swarma::crypto {

inline constexpr std::size_t kMaxInvoiceLength = 4'096;

struct LightningInvoice {
  std::string network;                       // "bc", "tb", "tbs" or "bcrt"
  std::optional<std::uint64_t> amount_msat;  // thousandths of a satoshi; nothing: the payer chooses
  Instant created_at;
  Expiry expires_at;
  Digest payment_hash;  // SHA-256 of the preimage, which only who was paid can tell
  std::string payee;    // the public key of the node that signed, 66 hex digits
};

/// BadRequest "bad_invoice": not of this form, or nobody's signature. Features are the payer's business.
Result<LightningInvoice> parse_lightning_invoice(std::string_view text);

}  // namespace swarma::crypto
