#include "access/attest/payment_options.h"

#include "base/text.h"

namespace swarma::access::attest {
namespace {

bool is_http(std::string_view url) {
  return url.starts_with("http://") || url.starts_with("https://");
}

}  // namespace

Result<std::pair<std::uint64_t, std::string>> read_chain_node(std::string_view entry) {
  const auto sign = entry.find('=');
  const auto chain = parse_number<std::uint64_t>(entry.substr(0, sign));
  if (sign == std::string_view::npos || !chain || *chain == 0 || !is_http(entry.substr(sign + 1)))
    return fail(ErrorCode::BadRequest, "bad_chain_node",
                "--evm-rpc takes CHAIN=URL, as in \"1=https://node.example\", with the number of the chain.");
  return std::pair(*chain, std::string(entry.substr(sign + 1)));
}

Result<void> check(const PaymentOptions& options) {
  for (const std::string& entry : options.evm_rpc) SWARMA_RETURN_IF_ERROR(read_chain_node(entry));
  const LightningOptions& lightning = options.lightning;
  const bool both = !lightning.lnd_url.empty() && !lightning.cln_url.empty();
  const bool keyless = (!lightning.lnd_url.empty() && lightning.lnd_macaroon_file.empty()) ||
                       (!lightning.cln_url.empty() && lightning.cln_rune_file.empty());
  for (const std::string& url : {lightning.lnd_url, lightning.cln_url})
    if (both || keyless || (!url.empty() && !is_http(url)))
      return fail(ErrorCode::BadRequest, "bad_lightning_node",
                  "Give the address of one Lightning node, beginning with https://, and its key: --lnd-url with "
                  "--lnd-macaroon-file, or --cln-url with --cln-rune-file.");
  return {};
}

}  // namespace swarma::access::attest
