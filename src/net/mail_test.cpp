// Against a fake server that says what the test wants. One that others wrote: tests/interop/mail/mail_test.py.
#include "net/mail.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <future>

#include "net/mail_testing.h"

namespace swarma::net {
namespace {

using testing::FakeSmtpServer;

using namespace std::chrono_literals;
using Answer = Result<Mailer::Delivery>;

MailOptions options_for(const std::string& url) {
  return {.url = url, .from = "Films <films@example.org>", .tls = "off", .timeout = 5s};
}

Answer send(const MailOptions& options, const char* to = "ada@example.net") {
  Outbound outbound;
  const auto mailer = Mailer::create(outbound, options);
  if (!mailer) return std::unexpected(mailer.error());
  std::promise<Answer> told;
  (*mailer)->send({*parse_mail_address(to), "Code", "1234\n.\n"}, Instant(1'790'000'000),
                  [&](Answer answer) { told.set_value(std::move(answer)); });
  return told.get_future().get();
}

std::string outcome(const Answer& answer) {
  if (!answer) return answer.error().reason;
  return *answer == Mailer::Delivery::Sent ? "sent" : *answer == Mailer::Delivery::Refused ? "refused" : "unknown";
}

TEST(Mail, IsHandedOver) {
  FakeSmtpServer server;
  EXPECT_EQ(outcome(send(options_for(server.url()))), "sent");
  const std::string heard = server.heard_in_all();
  EXPECT_TRUE(heard.starts_with("EHLO example.org\r\nMAIL FROM:<films@example.org>")) << heard;
  EXPECT_TRUE(heard.contains("RCPT TO:<ada@example.net>\r\nDATA\r\nFrom: Films <films@example.org>\r\n")) << heard;
  EXPECT_TRUE(heard.contains("\r\n\r\n1234\r\n..\r\n.\r\n")) << heard;
}

TEST(Mail, TellsRefusedFromTroubleFromUnknown) {
  const auto with = [](std::map<std::string, std::string> replies) {
    const FakeSmtpServer server(std::move(replies));
    return outcome(send(options_for(server.url())));
  };
  EXPECT_EQ(with({{"RCPT", "550 5.1.1 no such user\r\n"}}), "refused");
  EXPECT_EQ(with({{"RCPT", "553 unknown\r\n"}}), "refused");
  EXPECT_EQ(with({{"RCPT", "530 authentication required\r\n"}}), "mail_unavailable");
  EXPECT_EQ(with({{"RCPT", "554 5.7.1 relay access denied\r\n"}}), "mail_unavailable");
  EXPECT_EQ(with({{"RCPT", "450 4.2.0 greylisted\r\n"}}), "mail_unavailable");
  EXPECT_EQ(with({{"RCPT", ""}}), "mail_unavailable");
  EXPECT_EQ(with({{"MAIL", "530 authentication required\r\n"}}), "mail_unavailable");
  EXPECT_EQ(with({{"EHLO", ""}}), "mail_unavailable");
  EXPECT_EQ(with({{"DATA", "451 no room\r\n"}}), "mail_unavailable");
  EXPECT_EQ(with({{".", "452 no room\r\n"}}), "mail_unavailable");
  EXPECT_EQ(with({{".", "554 looks like spam\r\n"}}), "mail_unavailable");
  EXPECT_EQ(with({{".", ""}}), "unknown");
  EXPECT_EQ(with({{"QUIT", ""}}), "sent");
}

TEST(Mail, WritesBeyondAsciiOnlyToWhoReadsIt) {
  {
    FakeSmtpServer modern({{"EHLO", "250-fake\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n"}});
    EXPECT_EQ(outcome(send(options_for(modern.url()), "jürgen@bücher.example")), "sent");
    const std::string heard = modern.heard_in_all();
    EXPECT_TRUE(heard.contains("SMTPUTF8\r\nRCPT TO:<jürgen@xn--bcher-kva.example>")) << heard;
  }
  FakeSmtpServer old({{"EHLO", "250-fake\r\n250 8BITMIME\r\n"}});
  EXPECT_EQ(outcome(send(options_for(old.url()), "jürgen@example.net")), "mail_address_unsupported");
  EXPECT_FALSE(old.heard_in_all().contains("RCPT"));
}

TEST(Mail, NeedsNoUtf8ForDomains) {
  FakeSmtpServer old;
  EXPECT_EQ(outcome(send(options_for(old.url()), "ada@bücher.example")), "sent");
  EXPECT_TRUE(old.heard_in_all().contains("RCPT TO:<ada@xn--bcher-kva.example>\r\n"));
}

TEST(Mail, GoesInTheClearOnlyWhenToldTo) {
  FakeSmtpServer server;
  MailOptions options = options_for(server.url());
  options.tls = "required";
  EXPECT_EQ(outcome(send(options)), "mail_unavailable");
  EXPECT_FALSE(server.heard_in_all().contains("MAIL"));
}

TEST(Mail, SaysWhatIsWrongWithItsOptions) {
  const auto folder = std::filesystem::temp_directory_path() / ("swarma_mail_test_" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "password") << "secret\n";
  std::ofstream(folder / "two_lines") << "a\nb\n";
  const MailOptions good{.url = "smtps://mail.example.org",
                         .from = "films@example.org",
                         .user = "films",
                         .password_file = folder / "password"};
  const auto reason = [](const MailOptions& options) {
    Outbound outbound;
    const auto mailer = Mailer::create(outbound, options);
    return mailer ? "fine" : mailer.error().reason;
  };
  const auto with = [&](auto change) {
    MailOptions options = good;
    change(options);
    return reason(options);
  };
  EXPECT_EQ(reason(good), "fine");
  for (const char* url : {"", "mail.example.org", "http://mail.example.org", "smtps://", "smtps://u:p@mail.example.org",
                          "smtps://mail.example.org/x", "smtps://mail .example.org"})
    EXPECT_EQ(with([&](MailOptions& options) { options.url = url; }), "mail_config_bad") << url;
  EXPECT_EQ(with([](MailOptions& options) { options.from = "films"; }), "mail_config_bad");
  EXPECT_EQ(with([](MailOptions& options) { options.user = ""; }), "mail_config_bad");
  EXPECT_EQ(with([](MailOptions& options) { options.url = "smtp://x.example", options.tls = "off"; }),
            "mail_config_bad");
  EXPECT_EQ(with([&](MailOptions& options) { options.password_file = folder / "two_lines"; }), "mail_config_bad");
  EXPECT_EQ(with([&](MailOptions& options) { options.password_file = folder / "none"; }), "mail_config_bad");
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace swarma::net
