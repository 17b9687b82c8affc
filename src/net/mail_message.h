// The text of a mail as it travels (RFC 5322, MIME). What comes from strangers cannot add a header or end the mail.
#pragma once

#include <string>

#include "base/clock.h"
#include "net/mail_address.h"

namespace swarma::net {

/// A letter that a program writes to one person. Texts are UTF-8.
struct Mail {
  MailAddress to;
  std::string subject;
  std::string text;  // lines end with \n
};

/// Who it is from: "films@example.org" or "Films of the valley <films@example.org>".
struct MailSender {
  MailAddress address;
  std::string name = {};
};
/// BadRequest "bad_address".
Result<MailSender> parse_mail_sender(std::string_view text);

/// The whole message with CRLF line ends: headers in ASCII (RFC 2047) but for an address beyond it, the text in
/// quoted-printable. `id`: letters and digits, unique for all time.
std::string write_mail(const Mail& mail, const MailSender& from, Instant now, std::string_view id);

}  // namespace swarma::net
