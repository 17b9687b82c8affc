// What an operator can choose of a node. The defaults run a whole node on SQLite and a folder.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "access/attest/activitypub_options.h"
#include "access/attest/mail_budget.h"
#include "access/attest/nostr_options.h"
#include "access/attest/oauth_options.h"
#include "access/attest/payment_options.h"
#include "base/options.h"
#include "content/publish/spool.h"
#include "net/http_server.h"
#include "net/mail.h"

namespace swarma::node {

struct Config {
  std::filesystem::path data;
  std::vector<std::string> roles = {"fabric", "creator"};
  std::string name = "Swarma";
  std::string listen = "127.0.0.1:8420";
  std::string database;  // empty: sqlite:<data>/swarma.db
  unsigned database_connections = 4;
  std::filesystem::path blobs;           // empty: <data>/blobs
  bool tls = false;                      // own certificate in <data>/tls, made on first use
  std::string tls_certificate, tls_key;  // given files instead
  net::ServerOptions http;               // host, port, certificate and key are filled from the above
  content::publish::SpoolOptions uploads;
  net::MailOptions mail;
  access::attest::OauthOptions oauth;
  access::attest::ActivityPubOptions activitypub;
  access::attest::MailBudget mails;
  access::attest::PaymentOptions payment;
  access::attest::NostrOptions nostr;

  std::string database_url() const;
  std::filesystem::path blob_folder() const;
  bool has_role(std::string_view role) const;
};

/// All but `data`, which every command has.
void describe(OptionSet& options, Config& config);

}  // namespace swarma::node
