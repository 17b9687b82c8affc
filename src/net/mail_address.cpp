#include "net/mail_address.h"

#include <idn2.h>

#include <algorithm>
#include <memory>

#include "net/http_syntax.h"

namespace swarma::net {
namespace {

constexpr std::size_t kMaxLocalBytes = 64, kMaxDomainBytes = 253, kMaxAddressBytes = 254;

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 128; });
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::unexpected<Error> bad_address(std::string_view why) {
  return fail(ErrorCode::BadRequest, "bad_address",
              "This is not an address that mail can be sent to: " + std::string(why) + ".");
}

/// atext of RFC 5322, and what RFC 6531 adds, but for the controls of Unicode's Latin-1 part.
bool is_local_char(std::string_view text, std::size_t at) {
  const char c = text[at];
  if (static_cast<unsigned char>(c) >= 128) {
    const bool control = c == '\xc2' && at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) < 0xa1;
    return !control;
  }
  return is_letter(c) || is_digit(c) || std::string_view("!#$%&'*+-/=?^_`{|}~").contains(c);
}

Result<void> check_local(std::string_view local) {
  if (local.empty() || local.size() > kMaxLocalBytes) return bad_address("there is nothing, or too much, before the @");
  if (local.starts_with('.') || local.ends_with('.') || local.contains("..") || !is_utf8(local))
    return bad_address("a dot stands where none may be");
  for (std::size_t i = 0; i < local.size(); ++i)
    if (local[i] != '.' && !is_local_char(local, i))
      return bad_address("before the @ there is a character that mail servers do not take");
  return {};
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= 63 && !label.starts_with('-') && !label.ends_with('-') &&
         std::ranges::all_of(label, [](char c) { return is_letter(c) || is_digit(c) || c == '-'; });
}

}  // namespace

bool MailAddress::beyond_ascii() const {
  return !is_ascii(local);
}

std::string MailAddress::mailbox() const {
  std::string name(local.substr(0, std::max<std::size_t>(local.find('+'), 1)));
  std::ranges::transform(name, name.begin(), lower);
  if (domain != "gmail.com" && domain != "googlemail.com") return name + "@" + domain;
  std::erase(name, '.');
  return name + "@gmail.com";
}

Result<std::string> parse_mail_domain(std::string_view text) {
  if (text.empty() || text.size() > kMaxDomainBytes || !is_utf8(text) || text.contains('\0'))
    return bad_address("its domain is missing or too long");
  char* converted = nullptr;
  const int code = idn2_to_ascii_8z(std::string(text).c_str(), &converted, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT);
  const std::unique_ptr<char, decltype([](char* p) { idn2_free(p); })> owned(converted);
  if (code != IDN2_OK) return bad_address("its domain is not one that can exist");
  std::string domain(converted);
  std::ranges::transform(domain, domain.begin(), lower);
  std::string_view rest = domain, label;
  std::size_t labels = 0;
  for (bool more = true; more; ++labels) {
    const std::size_t dot = rest.find('.');
    label = rest.substr(0, dot);
    more = dot != std::string_view::npos;
    rest = more ? rest.substr(dot + 1) : "";
    if (!is_label(label)) return bad_address("its domain is not one that can exist");
  }
  if (labels < 2 || domain.size() > kMaxDomainBytes || std::ranges::all_of(label, is_digit))
    return bad_address("its domain must have a name with a dot, as in \"example.org\"");
  return domain;
}

Result<MailAddress> parse_mail_address(std::string_view text) {
  if (text.size() > kMaxAddressBytes) return bad_address("it is too long");
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos) return bad_address("there is no @ in it");
  MailAddress address{.local = std::string(text.substr(0, at))};
  SWARMA_RETURN_IF_ERROR(check_local(address.local));
  SWARMA_TRY(address.domain, parse_mail_domain(text.substr(at + 1)));
  if (address.text().size() > kMaxAddressBytes) return bad_address("it is too long");
  return address;
}

bool lies_in_domain(std::string_view domain, std::string_view other) {
  if (domain == other) return true;
  return domain.size() > other.size() && domain.ends_with(other) && domain[domain.size() - other.size() - 1] == '.';
}

}  // namespace swarma::net
