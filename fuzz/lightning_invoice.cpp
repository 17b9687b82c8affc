// An invoice of Lightning that somebody else made. Upper and lower case mean the same.
#include <cstdlib>

#include "base/bech32.h"
#include "crypto/lightning_invoice.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace swarma;
  const std::string_view text = as_text({data, size});
  if (const auto decoded = parse_bech32(text, 4'096); decoded && decoded->values.size() + 7 > text.size()) std::abort();
  const auto invoice = crypto::parse_lightning_invoice(text);
  if (!invoice) return 0;
  std::string upper(text);
  for (char& c : upper)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  if (crypto::parse_lightning_invoice(upper)->payee != invoice->payee || invoice->payee.size() != 66) std::abort();
  return 0;
}
