// Addresses: what is read reads the same again, and leads nowhere else. Mails: whatever their texts hold, the headers
// are ours and lines end as they must.
#include <algorithm>
#include <cstdlib>

#include "base/bytes.h"
#include "net/mail_message.h"

namespace {

constexpr int kHeaders = 9;

void check_mail(const swarma::net::Mail& mail, const swarma::net::MailSender& from) {
  const std::string text = write_mail(mail, from, swarma::Instant(1'790'000'000), "id");
  const std::size_t end = text.find("\r\n\r\n");
  if (end == std::string::npos) std::abort();
  int fields = 1;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\n' && (at == 0 || text[at - 1] != '\r')) std::abort();
    if (text[at] == '\r' && (at + 1 == text.size() || text[at + 1] != '\n')) std::abort();
    if (at < end && text[at] == '\n' && text[at + 1] != ' ') ++fields;
  }
  if (fields != kHeaders) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace swarma::net;
  const std::string_view input = swarma::as_text({data, size});
  (void)parse_mail_domain(input);
  const auto sender = parse_mail_sender(input);
  if (const auto address = parse_mail_address(input)) {
    const auto again = parse_mail_address(address->text());
    if (!again || again->text() != address->text() || again->mailbox() != address->mailbox()) std::abort();
    if (std::ranges::any_of(address->text(), [](char c) { return static_cast<unsigned char>(c) <= ' '; })) std::abort();
    if (std::ranges::count(address->text(), '@') != 1 || !lies_in_domain(address->domain, address->domain))
      std::abort();
    check_mail({*address, "Code", "text"}, sender ? *sender : MailSender{*address});
  }
  const std::size_t half = input.find('\0');
  const MailAddress ada{"ada", "example.org"};
  check_mail({ada, std::string(input.substr(0, half)), std::string(input.substr(std::min(half, input.size())))},
             sender ? *sender : MailSender{ada});
  return 0;
}
