// Certificates for HttpServer. TLS 1.3 only; the private key never leaves its file and this process.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"

typedef struct ssl_ctx_st SSL_CTX;

namespace swarma::net {

/// Writes a fresh P-256 key (mode 0600) and a certificate signed by itself, for names or addresses of a home network:
/// {"swarma.local", "192.168.1.7"}. Valid from a day before `now` for 800 days, which is what phones still accept.
/// Replaces existing files.
Result<void> make_self_signed_certificate(const std::vector<std::string>& host_names,
                                          const std::filesystem::path& certificate_file,
                                          const std::filesystem::path& key_file, Instant now);

/// What the first certificate of a PEM file says of itself.
struct CertificateFacts {
  std::vector<std::string> names;  // in lower case; addresses in their canonical form (net/public_url.h)
  Instant not_before;
  Expiry not_after;
  bool self_signed = false;
};
/// BadRequest "bad_certificate" if the file holds none.
Result<CertificateFacts> read_certificate(const std::filesystem::path& file);

/// The settings all TLS connections of a server share. BadRequest "bad_certificate" with a sentence when the files do
/// not hold a chain and its key.
Result<std::shared_ptr<SSL_CTX>> make_tls_context(const std::string& certificate_file, const std::string& key_file);
/// The settings of connections to others: TLS 1.2 or later, and a certificate that `ca_file` (PEM; empty: the system's)
/// vouches for. BadRequest "bad_certificate" if that file holds none.
Result<std::shared_ptr<SSL_CTX>> make_tls_client_context(const std::string& ca_file);

}  // namespace swarma::net
