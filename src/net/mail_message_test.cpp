#include "net/mail_message.h"

#include <gtest/gtest.h>

namespace swarma::net {
namespace {

constexpr Instant kNow(1'790'000'000);  // 2026-09-21

std::string written(const Mail& mail, const char* from = "Films <films@example.org>") {
  return write_mail(mail, *parse_mail_sender(from), kNow, "id1");
}

Mail mail(std::string subject, std::string text) {
  return {*parse_mail_address("ada@example.net"), std::move(subject), std::move(text)};
}

TEST(MailMessage, IsALetter) {
  EXPECT_EQ(written(mail("Your code", "Hello\nthere.\n")),
            "From: Films <films@example.org>\r\n"
            "To: ada@example.net\r\n"
            "Subject: Your code\r\n"
            "Date: Mon, 21 Sep 2026 14:13:20 +0000\r\n"
            "Message-ID: <id1@example.org>\r\n"
            "Auto-Submitted: auto-generated\r\n"
            "MIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n"
            "Content-Transfer-Encoding: quoted-printable\r\n"
            "\r\n"
            "Hello\r\nthere.\r\n");
}

TEST(MailMessage, WritesOtherLanguages) {
  const std::string text = written(mail("Schlüssel für den Film", "größer = besser \n"), "Kino Größe <k@example.org>");
  EXPECT_TRUE(text.contains("Subject: =?utf-8?B?U2NobMO8c3NlbCBmw7xyIGRlbiBGaWxt?=\r\n")) << text;
  EXPECT_TRUE(text.contains("From: =?utf-8?B?S2lubyBHcsO2w59l?= <k@example.org>\r\n")) << text;
  EXPECT_TRUE(text.ends_with("gr=C3=B6=C3=9Fer =3D besser=20\r\n")) << text;
}

TEST(MailMessage, SplitsLongSubjectsBetweenCharacters) {
  const std::string text = written(mail(std::string(38, 'a') + "ü" + std::string(20, 'b'), "x"));
  EXPECT_TRUE(
      text.contains("Subject: =?utf-8?B?YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=?=\r\n =?utf-8?B?w7xi"))
      << text;
}

TEST(MailMessage, LetsNobodyAddAHeader) {
  const std::string text = written(mail("a\r\nBcc: eve@example.org", "x\r\n.\r\nRCPT TO:<eve@example.org>\r\n"));
  EXPECT_FALSE(text.contains("\nBcc")) << text;
  EXPECT_EQ(parse_mail_sender("a\nb <films@example.org>").error().reason, "bad_address");
  EXPECT_TRUE(written(mail("=?utf-8?B?eA==?=", "x")).contains("Subject: =?utf-8?B?PT91dGY"));
}

TEST(MailMessage, KeepsLinesShort) {
  const std::string text = written(mail("x", std::string(500, 'a') + std::string(300, '=') + "\n" + "last"));
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = text.find("\r\n", start);
    ASSERT_NE(end, std::string::npos);
    EXPECT_LE(end - start, 76u);
    start = end + 2;
  }
}

TEST(MailMessage, ReadsSenders) {
  EXPECT_EQ(parse_mail_sender("films@example.org")->name, "");
  EXPECT_EQ(parse_mail_sender("\"Films, Inc.\" <films@example.org>")->name, "Films, Inc.");
  for (const char* text : {"", "Films", "Films films@example.org", "<films@example.org", "Films <>"})
    EXPECT_EQ(parse_mail_sender(text).error().reason, "bad_address") << text;
}

}  // namespace
}  // namespace swarma::net
