// How many mails may leave, so that nobody's mailbox is flooded and the node's mail server keeps its good name. Counted
// over the last hour and day in the database, by all nodes on it, whoever asks.
//
// One mailbox gets kMailsPerMailboxHour mails an hour and kMailsPerMailboxDay a day at the most, from however many
// viewers, titles and networks; spellings of one mailbox count together as far as they can be told
// (net/mail_address.h). Of a domain whose owner takes every name for his own, only the limits per viewer, network,
// title and node hold.
//
// Kept of each mail for a day: keyed hashes of mailbox, action, viewer and title, network, title, node; and when it
// left.
#pragma once

#include <string>

#include "access/attest/verifier.h"

namespace swarma::access::attest {

inline constexpr std::int64_t kMailsPerMailboxHour = 3;
inline constexpr std::int64_t kMailsPerMailboxDay = 6;
inline constexpr std::int64_t kMailsPerViewerHour = 5;  // of one title
inline constexpr std::int64_t kMailsPerNetworkHour = 20;
// A title and all nodes together: mail_budget.h.
inline constexpr std::chrono::seconds kMailPause{60};  // between two mails of one action
inline constexpr std::chrono::hours kMailsKept{24};

/// Names a mailbox for one purpose: 22 characters of base64url that mean nothing without the key.
std::string mailbox_name(const crypto::SecretKey& key, std::string_view purpose, std::string_view mailbox);

/// Counts a mail that is about to leave and gives its number; empty: the mailbox has had its mails, which is not for
/// the one who asks to know. TooMany "too_many_mails" (with retry_after) counts nothing.
Result<std::string> count_mail(const VerifierNeeds& needs, const ActionContext& context, const std::string& mailbox);
/// The mail has certainly not left: it counts no more for its mailbox.
Result<void> uncount_mail(db::Database& database, const std::string& mail);

/// Forgets what no limit looks at any more; the number of rows.
Result<std::int64_t> prune_mails(db::Database& database, Instant now);

}  // namespace swarma::access::attest
