#include "node/server_options.h"

#include "base/text.h"
#include "net/public_url.h"
#include "net/tls.h"

namespace swarma::node {
namespace {

/// What the own certificate must hold: the public name, the address listened on (for all of them, this machine's), and
/// loopback.
std::vector<std::string> own_names(const std::string& public_host, const std::string& listen_host) {
  std::vector<std::string> names;
  const auto add = [&names](const std::string& name) {
    const std::string address = net::canonical_address(name);
    const std::string& shown = address.empty() ? name : address;
    if (!shown.empty() && std::ranges::find(names, shown) == names.end()) names.push_back(shown);
  };
  add(public_host);
  const std::string address = net::canonical_address(listen_host);
  if (listen_host.empty() || address == "0.0.0.0" || address == "::") {
    for (const std::string& name : machine_names()) add(name);
  } else if (const auto url = net::parse_public_url(
                 "http://" + (address.find(':') == std::string::npos ? listen_host : "[" + address + "]"))) {
    add(url->host);
  }
  for (const char* name : {"localhost", "127.0.0.1", "::1"}) add(name);
  return names;
}

Result<net::PublicUrl> read_public_url(const Config& config, bool tls) {
  if (config.http.public_url.empty()) return net::PublicUrl{};
  SWARMA_TRY(net::PublicUrl url, net::parse_public_url(config.http.public_url));
  if (tls && !url.secure)
    return fail(ErrorCode::BadRequest, "bad_public_url",
                "--public-url begins with http://, but this node serves TLS: write https://, or serve without --tls.");
  return url;
}

}  // namespace

Result<ServerSetup> prepare_server(const Config& config, const Clock& clock) {
  const auto address = parse_host_port(config.listen);
  if (!address) return fail(ErrorCode::BadRequest, "usage", "--listen takes HOST:PORT, for example 127.0.0.1:8420.");
  if (config.tls_certificate.empty() != config.tls_key.empty())
    return fail(ErrorCode::BadRequest, "usage", "--tls-certificate and --tls-key go together.");
  const bool given = !config.tls_certificate.empty();
  SWARMA_TRY(const net::PublicUrl public_url, read_public_url(config, given || config.tls));
  ServerSetup setup{.options = config.http, .certificate = nullptr};
  setup.options.host = address->host;
  setup.options.port = address->port;
  setup.options.public_url = public_url.url;
  if (!given && !config.tls) return setup;
  const std::filesystem::path folder = config.data / "tls";
  CertificateKeeper::Options files{
      .certificate_file = given ? std::filesystem::path(config.tls_certificate) : folder / "certificate.pem",
      .key_file = given ? std::filesystem::path(config.tls_key) : folder / "key.pem",
      .own = !given,
      .names = [public_host = public_url.host, listen_host = address->host] {
        return own_names(public_host, listen_host);
      }};
  setup.options.certificate_file = files.certificate_file;
  setup.options.key_file = files.key_file;
  setup.certificate = std::make_unique<CertificateKeeper>(std::move(files), clock);
  SWARMA_RETURN_IF_ERROR(setup.certificate->check());
  // A browser that pinned https lets nobody past the warning about a certificate it does not know.
  const auto facts = net::read_certificate(setup.options.certificate_file);
  setup.options.strict_transport = given && facts && !facts->self_signed;
  return setup;
}

}  // namespace swarma::node
