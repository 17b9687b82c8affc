#include "net/mail_message.h"

#include <fmt/chrono.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "net/http_syntax.h"

namespace swarma::net {
namespace {

constexpr std::size_t kMaxLine = 76;        // of quoted-printable (RFC 2045, 6.7)
constexpr std::size_t kMaxWordBytes = 39;   // of text in one encoded word, which has 75 letters at most (RFC 2047)
constexpr std::size_t kMaxSimple = 60;      // of what stands in a header as it is
constexpr std::size_t kMaxNameBytes = 100;  // of a sender's name

bool is_plain(char c) {
  return c >= ' ' && c <= '~';
}

/// As encoded words, which end between characters.
std::string encoded_words(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    std::size_t end = std::min(text.size(), kMaxWordBytes);
    while (end < text.size() && end > 1 && (text[end] & 0xc0) == 0x80) --end;
    std::array<unsigned char, 64> digits;
    const int length =
        EVP_EncodeBlock(digits.data(), reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(end));
    out +=
        (out.empty() ? "=?utf-8?B?" : "\r\n =?utf-8?B?") + std::string(digits.begin(), digits.begin() + length) + "?=";
    text.remove_prefix(end);
  }
  return out;
}

/// A header's text: as it is where that is safe.
std::string header_text(const std::string& text) {
  const bool simple = std::ranges::all_of(text, is_plain) && !text.contains("=?") && text.size() <= kMaxSimple;
  return simple ? text : encoded_words(text);
}

/// A name in front of an address: anything but letters, digits and blanks would need quotes.
std::string phrase(const std::string& name) {
  const bool simple = std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ' ';
  });
  return simple && name.size() <= kMaxSimple ? name : encoded_words(name);
}

std::string quoted_line(std::string_view line) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  std::size_t width = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    const bool last_blank = c == ' ' && i + 1 == line.size();
    const bool plain = is_plain(c) && c != '=' && !last_blank;
    const std::size_t needs = plain ? 1 : 3;
    if (width + needs > kMaxLine - 1) {
      out += "=\r\n";
      width = 0;
    }
    if (plain)
      out += c;
    else
      (out += '=').append({kHex[static_cast<unsigned char>(c) >> 4], kHex[c & 15]});
    width += needs;
  }
  return out + "\r\n";
}

std::string quoted_printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    out += quoted_line(line);
    text = end == std::string_view::npos ? "" : text.substr(end + 1);
  }
  return out;
}

}  // namespace

Result<MailSender> parse_mail_sender(std::string_view text) {
  text = trim(text);
  std::string name;
  if (text.ends_with('>')) {
    const std::size_t open = text.rfind('<');
    name = trim(text.substr(0, open == std::string_view::npos ? 0 : open));
    if (name.size() >= 2 && name.starts_with('"') && name.ends_with('"')) name = name.substr(1, name.size() - 2);
    text = open == std::string_view::npos ? "" : text.substr(open + 1, text.size() - open - 2);
  }
  if (name.size() > kMaxNameBytes || !is_utf8(name) ||
      std::ranges::any_of(name, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 127; }))
    return fail(ErrorCode::BadRequest, "bad_address", "The sender's name is too long, or holds characters of control.");
  SWARMA_TRY(MailAddress address, parse_mail_address(text));
  return MailSender{std::move(address), std::move(name)};
}

std::string write_mail(const Mail& mail, const MailSender& from, Instant now, std::string_view id) {
  const std::string sender =
      from.name.empty() ? from.address.text() : phrase(from.name) + " <" + from.address.text() + ">";
  const std::chrono::sys_seconds at{std::chrono::seconds(now.unix_s())};
  return fmt::format(
      "From: {}\r\nTo: {}\r\nSubject: {}\r\nDate: {:%a, %d %b %Y %H:%M:%S} +0000\r\nMessage-ID: <{}@{}>\r\n"
      "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
      "Content-Transfer-Encoding: quoted-printable\r\n\r\n{}",
      sender, mail.to.text(), header_text(mail.subject), fmt::gmtime(at), id, from.address.domain,
      quoted_printable(mail.text));
}

}  // namespace swarma::net
