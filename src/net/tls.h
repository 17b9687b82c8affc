// Certificates for HttpServer. TLS 1.3 only; the private key never leaves its file and this process.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"

typedef struct ssl_ctx_st SSL_CTX;

namespace swarma::net {

/// Writes a fresh P-256 key (mode 0600) and a certificate signed by itself, for names or addresses of a home network:
/// {"swarma.local", "192.168.1.7"}. Valid for 800 days, which is what phones still accept. Replaces existing files.
Result<void> make_self_signed_certificate(const std::vector<std::string>& host_names,
                                          const std::filesystem::path& certificate_file,
                                          const std::filesystem::path& key_file);

/// The settings all TLS connections of a server share. BadRequest "bad_certificate" with a sentence when the files do
/// not hold a chain and its key.
Result<std::shared_ptr<SSL_CTX>> make_tls_context(const std::string& certificate_file, const std::string& key_file);

}  // namespace swarma::net
