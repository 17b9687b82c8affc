#include "net/tls.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <asio/ip/address.hpp>
#include <ctime>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/file.h"
#include "base/random.h"
#include "net/http_syntax.h"

namespace swarma::net {
namespace {

constexpr int kValidDays = 800;
constexpr int kClockSlackDays = 1;  // clients whose clock is a little behind

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using Memory = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using Extension = std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>>;

std::string openssl_reason() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* text = code ? ERR_reason_error_string(code) : nullptr;
  return text ? text : "unknown";
}

std::unexpected<Error> failed(std::string_view doing) {
  return fail(ErrorCode::Internal, "tls_setup_failed", "Cannot " + std::string(doing) + ": " + openssl_reason() + ".");
}

bool add_extension(X509* certificate, int id, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str()));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

/// "DNS:swarma.local,IP:192.168.1.7"
Result<std::string> alternative_names(const std::vector<std::string>& host_names) {
  std::string out;
  for (const std::string& name : host_names) {
    asio::error_code not_an_address;
    asio::ip::make_address(name, not_an_address);
    if (!is_valid_host(name) || (not_an_address && name.find_first_of(":[]") != std::string::npos))
      return fail(ErrorCode::BadRequest, "bad_host_name", "A certificate needs host names or addresses without ports.");
    out += (out.empty() ? "" : ",") + std::string(not_an_address ? "DNS:" : "IP:") + name;
  }
  if (out.empty()) return fail(ErrorCode::BadRequest, "bad_host_name", "A certificate needs at least one host name.");
  return out;
}

bool fill_certificate(X509* certificate, EVP_PKEY* key, const std::string& common_name, const std::string& names,
                      Instant now) {
  std::time_t made = now.unix_s();
  auto serial = random_array<16>();
  serial[0] = static_cast<std::uint8_t>((serial[0] & 0x7f) | 0x40);  // positive and of full length
  std::unique_ptr<BIGNUM, Deleter<BN_free>> number(BN_bin2bn(serial.data(), static_cast<int>(serial.size()), nullptr));
  X509_NAME* subject = X509_get_subject_name(certificate);
  const std::string shown = common_name.substr(0, 64);  // the field's limit; clients read the alternative names
  return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr &&
         X509_set_version(certificate, X509_VERSION_3) == 1 &&
         X509_time_adj_ex(X509_getm_notBefore(certificate), -kClockSlackDays, 0, &made) != nullptr &&
         X509_time_adj_ex(X509_getm_notAfter(certificate), kValidDays, 0, &made) != nullptr &&
         X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(shown.data()),
                                    static_cast<int>(shown.size()), -1, 0) == 1 &&
         X509_set_issuer_name(certificate, subject) == 1 && X509_set_pubkey(certificate, key) == 1 &&
         add_extension(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
         add_extension(certificate, NID_key_usage, "critical,digitalSignature") &&
         add_extension(certificate, NID_ext_key_usage, "serverAuth") &&
         add_extension(certificate, NID_subject_alt_name, names) && X509_sign(certificate, key, EVP_sha256()) > 0;
}

/// `print` writes PEM into a memory BIO.
template <class Print>
Result<void> write_pem(const std::filesystem::path& path, unsigned mode, Print print) {
  const Memory memory(BIO_new(BIO_s_mem()));
  if (!memory || !print(memory.get())) return failed("write a certificate");
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &data);
  return write_file_durably(path, view(std::string_view(data, static_cast<std::size_t>(size))), mode);
}

int choose_http1(SSL*, const unsigned char** out, unsigned char* out_length, const unsigned char* in,
                 unsigned in_length, void*) {
  static constexpr unsigned char kOurs[] = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  const int found = SSL_select_next_proto(&chosen, out_length, kOurs, sizeof(kOurs) - 1, in, in_length);
  *out = chosen;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

}  // namespace

Result<void> make_self_signed_certificate(const std::vector<std::string>& host_names,
                                          const std::filesystem::path& certificate_file,
                                          const std::filesystem::path& key_file, Instant now) {
  SWARMA_TRY(const std::string names, alternative_names(host_names));
  const Key key(EVP_EC_gen("P-256"));
  const Certificate certificate(X509_new());
  if (!key || !certificate || !fill_certificate(certificate.get(), key.get(), host_names.front(), names, now))
    return failed("make a certificate");
  SWARMA_RETURN_IF_ERROR(write_pem(key_file, 0600, [&](BIO* out) {
    return PEM_write_bio_PKCS8PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1;
  }));
  return write_pem(certificate_file, 0644, [&](BIO* out) { return PEM_write_bio_X509(out, certificate.get()) == 1; });
}

namespace {

std::optional<std::int64_t> to_seconds(const ASN1_TIME* time) {
  std::tm utc{};
  if (ASN1_TIME_to_tm(time, &utc) != 1) return std::nullopt;
  return timegm(&utc);
}

std::string name_of(const GENERAL_NAME& name) {
  if (name.type == GEN_DNS) {
    std::string out(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name.d.dNSName)),
                    static_cast<std::size_t>(ASN1_STRING_length(name.d.dNSName)));
    std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
  }
  if (name.type != GEN_IPADD) return {};
  std::array<char, INET6_ADDRSTRLEN> text;
  const int family = ASN1_STRING_length(name.d.iPAddress) == 4 ? AF_INET : AF_INET6;
  if (family == AF_INET6 && ASN1_STRING_length(name.d.iPAddress) != 16) return {};
  return ::inet_ntop(family, ASN1_STRING_get0_data(name.d.iPAddress), text.data(), text.size());
}

}  // namespace

Result<CertificateFacts> read_certificate(const std::filesystem::path& file) {
  const auto bad = [&](std::string_view why) {
    return fail(ErrorCode::BadRequest, "bad_certificate",
                "Cannot read the certificate " + file.string() + ": " + std::string(why) + ".");
  };
  const std::unique_ptr<BIO, Deleter<BIO_free_all>> in(BIO_new_file(file.c_str(), "r"));
  const Certificate certificate(in ? PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr) : nullptr);
  if (!certificate) return bad(openssl_reason());
  const auto begin = to_seconds(X509_get0_notBefore(certificate.get()));
  const auto end = to_seconds(X509_get0_notAfter(certificate.get()));
  if (!begin || !end) return bad("its dates are none");
  CertificateFacts facts{.not_before = Instant(*begin), .not_after = Expiry(*end)};
  facts.self_signed =
      X509_NAME_cmp(X509_get_subject_name(certificate.get()), X509_get_issuer_name(certificate.get())) == 0;
  const std::unique_ptr<GENERAL_NAMES, Deleter<GENERAL_NAMES_free>> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate.get(), NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i)
    if (std::string name = name_of(*sk_GENERAL_NAME_value(names.get(), i)); !name.empty())
      facts.names.push_back(std::move(name));
  return facts;
}

// Partial writes: a slow reader holds no copy of ours. Released buffers: an idle connection holds none of OpenSSL's.
constexpr long kModes = SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS;

Result<std::shared_ptr<SSL_CTX>> make_tls_context(const std::string& certificate_file, const std::string& key_file) {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION) != 1) return failed("set up TLS");
  SSL_CTX_set_mode(context.get(), kModes);
  SSL_CTX_set_options(context.get(), SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_alpn_select_cb(context.get(), choose_http1, nullptr);
  const auto bad = [](const std::string& file, std::string_view what) {
    return fail(ErrorCode::BadRequest, "bad_certificate",
                "Cannot use " + file + " as " + std::string(what) + ": " + openssl_reason() + ".");
  };
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate_file.c_str()) != 1)
    return bad(certificate_file, "the certificate chain");
  if (SSL_CTX_use_PrivateKey_file(context.get(), key_file.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context.get()) != 1)
    return bad(key_file, "the key of the certificate");
  return context;
}

Result<std::shared_ptr<SSL_CTX>> make_tls_client_context(const std::string& ca_file) {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1) return failed("set up TLS");
  SSL_CTX_set_mode(context.get(), kModes);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  ERR_clear_error();
  if (ca_file.empty()) {
    if (SSL_CTX_set_default_verify_paths(context.get()) != 1) return failed("find the system's certificates");
  } else if (SSL_CTX_load_verify_file(context.get(), ca_file.c_str()) != 1) {
    return fail(ErrorCode::BadRequest, "bad_certificate",
                "Cannot use " + ca_file + " as trusted certificates: " + openssl_reason() + ".");
  }
  return context;
}

}  // namespace swarma::net
