// Addresses of mailboxes as people type them (RFC 5321, 5322; beyond ASCII RFC 6531), in one spelling each.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace swarma::net {

struct MailAddress {
  std::string local;   // before the @, as it was typed; UTF-8
  std::string domain;  // in lower case, as A-labels ("xn--…")
  std::string text() const { return local + "@" + domain; }
  /// Only servers that speak SMTPUTF8 take it.
  bool beyond_ascii() const;
  /// The mailbox that this spelling leads to, as far as can be told: letters of ASCII in lower case, no "+tag", at
  /// Gmail no dots. For limits and comparisons, never to send to.
  std::string mailbox() const;
};

/// One address without a name, quotes or brackets: BadRequest "bad_address" with a sentence for anything else, also for
/// domains without a dot, numeric ones, and those that IDNA 2008 does not know.
Result<MailAddress> parse_mail_address(std::string_view text);

/// A domain as A-labels in lower case: "bücher.example" → "xn--bcher-kva.example". BadRequest "bad_address".
Result<std::string> parse_mail_domain(std::string_view text);

/// Whether `domain` is `other` or lies below it; both as A-labels.
bool lies_in_domain(std::string_view domain, std::string_view other);

}  // namespace swarma::net
