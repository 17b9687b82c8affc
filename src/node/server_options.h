// From what an operator writes to what the HTTP server takes: addresses checked, the certificate ready.
#pragma once

#include <memory>

#include "base/error.h"
#include "net/http_server.h"
#include "node/certificate.h"
#include "node/config.h"

namespace swarma::node {

struct ServerSetup {
  net::ServerOptions options;
  std::unique_ptr<CertificateKeeper> certificate;  // null: in the clear
};

/// BadRequest ("usage", "bad_public_url", "bad_certificate") with a sentence for the operator. Makes the node's own
/// certificate if it needs one.
Result<ServerSetup> prepare_server(const Config& config, const Clock& clock);

}  // namespace swarma::node
