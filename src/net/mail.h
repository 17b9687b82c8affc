// Sends a mail to one person through a server that the operator names (SMTP, RFC 5321), without waiting: it travels on
// the thread of an Outbound. Encrypted by TLS from the start (smtps://) or by STARTTLS, which is required unless the
// operator says otherwise, and always with a checked certificate. Safe for concurrent use.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "base/options.h"
#include "net/mail_message.h"
#include "net/outbound.h"

namespace swarma::net {

struct MailOptions {
  std::string url;   // empty: no mail can be sent
  std::string from;  // "films@example.org" or "Films <films@example.org>"
  std::string user;  // empty: the server takes mail without one
  std::filesystem::path password_file;
  std::string tls = "required";
  std::string ca_file;
  std::chrono::seconds timeout{30};  // of one mail, from the name of the server to its last word

  bool is_empty() const { return url.empty() && from.empty() && user.empty() && password_file.empty(); }
};
void describe(OptionSet& set, MailOptions& options);

class Mailer {
 public:
  enum class Delivery {
    Sent,     // the server has it
    Refused,  // the server refuses this recipient for good (5xx, but not because of who we are)
    Unknown,  // the connection was lost while the server took it: it may arrive
  };
  /// Called once, as Outbound::Done is and under the same rules.
  using Done = std::move_only_function<void(Result<Delivery>)>;

  /// BadRequest "mail_config_bad" with a sentence for the operator: no or a wrong address of the server or the sender,
  /// a password without encryption, a file that cannot be read. The outbound must outlive the mailer.
  static Result<std::unique_ptr<Mailer>> create(Outbound& outbound, const MailOptions& options);
  ~Mailer();

  /// Unsupported "mail_address_unsupported": the server does not take addresses with letters beyond ASCII. Unavailable
  /// "mail_unavailable" (with retry_after), whatever else went wrong before the server had the mail: it was certainly
  /// not sent. The reason is logged for the operator, without addresses. `now`: its date.
  void send(Mail mail, Instant now, Done done);

  const MailSender& sender() const;

 private:
  struct Settings;
  Mailer(Outbound& outbound, std::shared_ptr<const Settings> settings);
  friend class MailJob;

  Outbound& outbound_;
  std::shared_ptr<const Settings> settings_;
};

}  // namespace swarma::net
