#include "node/config.h"

#include <algorithm>

namespace swarma::node {

std::string Config::database_url() const {
  return database.empty() ? "sqlite:" + (data / "swarma.db").string() : database;
}

std::filesystem::path Config::blob_folder() const {
  return blobs.empty() ? data / "blobs" : blobs;
}

bool Config::has_role(std::string_view role) const {
  return std::ranges::find(roles, role) != roles.end();
}

void describe(OptionSet& options, Config& c) {
  options.insert(
      options.end(),
      {{"listen", &c.listen, "HOST:PORT; port 0 takes any free one"},
       {"name", &c.name, "what the pages call this node"},
       {.name = "roles",
        .target = &c.roles,
        .help = "what this node does: fabric (catalog, requirements, keys, blobs), creator (studio, packaging)",
        .choices = {"fabric", "creator"}},
       {"database", &c.database, "sqlite:PATH or postgresql://…; default: swarma.db in --data"},
       {"database-connections", &c.database_connections, "connections held open", 1, 256},
       {"blobs", &c.blobs, "folder of the blobs; default: blobs in --data"},
       {"tls", &c.tls, "serve TLS with a certificate of its own, made on first use"},
       {.name = "tls-certificate",
        .target = &c.tls_certificate,
        .help = "serve TLS with this certificate chain (PEM)",
        .opens_file = true},
       {.name = "tls-key", .target = &c.tls_key, .help = "the key of --tls-certificate (PEM)", .opens_file = true}});
  net::describe(options, c.http);
  content::publish::describe(options, c.uploads);
  net::describe(options, c.mail);
  access::attest::describe(options, c.oauth);
  access::attest::describe(options, c.activitypub);
  access::attest::describe(options, c.mails);
  access::attest::describe(options, c.payment);
  access::attest::describe(options, c.nostr);
}

}  // namespace swarma::node
