// Whom the operator lets the verifiers of payments and of ownership ask.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/options.h"

namespace swarma::access::attest {

struct LightningOptions {
  std::string lnd_url, lnd_macaroon_file;
  std::string cln_url, cln_rune_file;
  std::string lightning_certificate;
};

struct PaymentOptions {
  std::vector<std::string> evm_rpc;  // "CHAIN=URL"
  LightningOptions lightning;
};

/// One of evm_rpc: the chain and the address of a node of it. BadRequest "bad_chain_node".
Result<std::pair<std::uint64_t, std::string>> read_chain_node(std::string_view entry);
/// Whether these can be used together. BadRequest "bad_chain_node", "bad_lightning_node".
Result<void> check(const PaymentOptions& options);

inline void describe(OptionSet& options, PaymentOptions& payment) {
  options.insert(
      options.end(),
      {{"evm-rpc", &payment.evm_rpc,
        "CHAIN=URL of a JSON-RPC node that tells what was paid on an EVM chain; several of one chain must agree"},
       {"lnd-url", &payment.lightning.lnd_url, "REST address of LND, which makes invoices: https://HOST:PORT"},
       {.name = "lnd-macaroon-file",
        .target = &payment.lightning.lnd_macaroon_file,
        .help = "macaroon that may make and read invoices, nothing else",
        .opens_file = true},
       {"cln-url", &payment.lightning.cln_url, "REST address of Core Lightning (clnrest), instead of LND"},
       {.name = "cln-rune-file",
        .target = &payment.lightning.cln_rune_file,
        .help = "rune that may call invoice and listinvoices, nothing else",
        .opens_file = true},
       {.name = "lightning-certificate",
        .target = &payment.lightning.lightning_certificate,
        .help = "certificate (PEM) of the Lightning node, which commonly signs its own",
        .opens_file = true}});
}

}  // namespace swarma::access::attest
