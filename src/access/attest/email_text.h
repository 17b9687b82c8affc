// What the mails of email_verify say, in the languages of the pages.
#pragma once

#include <string>

#include "base/json.h"
#include "net/mail_message.h"

namespace swarma::access::attest {

struct CodeMail {
  net::MailAddress to;
  std::string language;  // as in "de" or "de-CH"; English for those we do not write
  std::string base_url;  // of the node
  std::string code;      // eight digits
  std::string link;
};
net::Mail write_code_mail(const CodeMail& mail);

/// What the page behind the link asks: {"heading","sentence","button"}.
Json confirm_question(const std::string& base_url);

}  // namespace swarma::access::attest
