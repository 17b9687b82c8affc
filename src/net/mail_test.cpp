// Against a fake server that says what the test wants. Real ones: tests/e2e-cli/mail_test.py.
#include "net/mail.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <map>
#include <thread>

#include "base/file.h"

namespace swarma::net {
namespace {

using namespace std::chrono_literals;
using Answer = Result<Mailer::Delivery>;

/// Serves one mail. Replies by verb ("." is the end of the mail); an empty reply hangs up.
class FakeSmtpServer {
 public:
  explicit FakeSmtpServer(std::map<std::string, std::string> replies = {}) : replies_(std::move(replies)) {
    listening_ = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (::bind(listening_.get(), reinterpret_cast<sockaddr*>(&address), length) != 0 ||
        ::listen(listening_.get(), 4) != 0 ||
        ::getsockname(listening_.get(), reinterpret_cast<sockaddr*>(&address), &length) != 0)
      throw std::runtime_error("listen");
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~FakeSmtpServer() {
    ::shutdown(listening_.get(), SHUT_RDWR);
    thread_.join();
  }
  std::string url() const { return "smtp://127.0.0.1:" + std::to_string(port_); }
  /// What the client said; after the server has hung up.
  std::string heard() {
    ::shutdown(listening_.get(), SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
    thread_ = std::thread([] {});
    return heard_;
  }

 private:
  void serve() {
    const Fd client(::accept(listening_.get(), nullptr, nullptr));
    if (!client) return;
    const timeval patience{10, 0};
    ::setsockopt(client.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    bool in_mail = false;
    if (!say(client, "220 fake ESMTP\r\n")) return;
    for (std::string line; read_line(client, line);) {
      heard_ += line;
      if (in_mail && line != ".\r\n") continue;
      const std::string verb = in_mail ? "." : line.substr(0, 4);
      in_mail = false;
      const std::string reply = reply_to(verb);
      if (!say(client, reply) || verb == "QUIT") return;
      in_mail = verb == "DATA" && reply.starts_with("354");
    }
  }
  std::string reply_to(const std::string& verb) const {
    if (const auto found = replies_.find(verb); found != replies_.end()) return found->second;
    return verb == "DATA" ? "354 go on\r\n" : verb == "QUIT" ? "221 bye\r\n" : "250 fine\r\n";
  }
  static bool say(const Fd& client, const std::string& text) {
    return !text.empty() && ::send(client.get(), text.data(), text.size(), MSG_NOSIGNAL) > 0;
  }
  static bool read_line(const Fd& client, std::string& line) {
    line.clear();
    for (char c; ::recv(client.get(), &c, 1, 0) == 1;) {
      line += c;
      if (c == '\n') return true;
    }
    return false;
  }

  std::map<std::string, std::string> replies_;
  Fd listening_;
  int port_ = 0;
  std::string heard_;
  std::thread thread_;
};

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
  const std::string heard = server.heard();
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
    const std::string heard = modern.heard();
    EXPECT_TRUE(heard.contains("SMTPUTF8\r\nRCPT TO:<jürgen@xn--bcher-kva.example>")) << heard;
  }
  FakeSmtpServer old({{"EHLO", "250-fake\r\n250 8BITMIME\r\n"}});
  EXPECT_EQ(outcome(send(options_for(old.url()), "jürgen@example.net")), "mail_address_unsupported");
  EXPECT_FALSE(old.heard().contains("RCPT"));
}

TEST(Mail, NeedsNoUtf8ForDomains) {
  FakeSmtpServer old;
  EXPECT_EQ(outcome(send(options_for(old.url()), "ada@bücher.example")), "sent");
  EXPECT_TRUE(old.heard().contains("RCPT TO:<ada@xn--bcher-kva.example>\r\n"));
}

TEST(Mail, GoesInTheClearOnlyWhenToldTo) {
  FakeSmtpServer server;
  MailOptions options = options_for(server.url());
  options.tls = "required";
  EXPECT_EQ(outcome(send(options)), "mail_unavailable");
  EXPECT_FALSE(server.heard().contains("MAIL"));
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
