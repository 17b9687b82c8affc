#include "access/attest/email_text.h"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>

namespace swarma::access::attest {
namespace {

/// Texts with {host}, {code} and {link}.
struct Letter {
  std::string_view language, subject, text;
};

constexpr std::array kLetters = {Letter{"en", "Your code for {host}",
                                        "Somebody, probably you, wants to open a film at {host} and gave this\n"
                                        "address.\n"
                                        "\n"
                                        "The code: {code}\n"
                                        "\n"
                                        "Type it where you were asked for it. Or open this address, on any device,\n"
                                        "and press the button there:\n"
                                        "\n"
                                        "{link}\n"
                                        "\n"
                                        "Both are good for 15 minutes. If it was not you, do nothing: without the\n"
                                        "code nobody gets in. Give the code to nobody who asks you for it.\n"},
                                 Letter{"de", "Dein Code für {host}",
                                        "Jemand, wahrscheinlich du, möchte auf {host} einen Film öffnen und hat\n"
                                        "diese Adresse angegeben.\n"
                                        "\n"
                                        "Der Code: {code}\n"
                                        "\n"
                                        "Gib ihn dort ein, wo danach gefragt wurde. Oder öffne diese Adresse, auf\n"
                                        "einem beliebigen Gerät, und drücke dort den Knopf:\n"
                                        "\n"
                                        "{link}\n"
                                        "\n"
                                        "Beides gilt 15 Minuten. Wenn du es nicht warst, tu nichts: Ohne den Code\n"
                                        "kommt niemand hinein. Gib den Code niemandem, der dich danach fragt.\n"},
                                 Letter{"ar", "رمزك لدى {host}",
                                        "يريد شخص ما، وهو أنت على الأرجح، فتح فيلم على {host} وقد أعطى هذا\n"
                                        "العنوان.\n"
                                        "\n"
                                        "الرمز: {code}\n"
                                        "\n"
                                        "اكتبه حيث طُلب منك. أو افتح هذا العنوان على أي جهاز واضغط الزر هناك:\n"
                                        "\n"
                                        "{link}\n"
                                        "\n"
                                        "كلاهما صالح لمدة 15 دقيقة. إن لم تكن أنت فلا تفعل شيئًا: لا يدخل أحد\n"
                                        "بدون الرمز. لا تعط الرمز لأي شخص يطلبه منك.\n"}};

const Letter& letter_in(std::string_view language) {
  for (const Letter& letter : kLetters)
    if (language.substr(0, language.find('-')) == letter.language) return letter;
  return kLetters.front();
}

std::string host_of(const std::string& base_url) {
  const std::size_t scheme = base_url.find("://");
  return scheme == std::string::npos ? base_url : base_url.substr(scheme + 3);
}

}  // namespace

net::Mail write_code_mail(const CodeMail& mail) {
  const Letter& letter = letter_in(mail.language);
  const std::string code = mail.code.substr(0, mail.code.size() / 2) + ' ' + mail.code.substr(mail.code.size() / 2);
  const auto fill = [&](std::string_view text) {
    return fmt::format(fmt::runtime(text), fmt::arg("host", host_of(mail.base_url)), fmt::arg("code", code),
                       fmt::arg("link", mail.link));
  };
  return {.to = mail.to, .subject = fill(letter.subject), .text = fill(letter.text)};
}

Json confirm_question(const std::string& base_url) {
  return {{"heading", "Is it you?"},
          {"sentence", "Somebody wants to open a film at " + host_of(base_url) +
                           " and gave your address. Press the button only if you asked for it yourself just now."},
          {"button", "Yes, open it"}};
}

}  // namespace swarma::access::attest
