#include "net/tls.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "net/server_testing.h"

namespace swarma::net::testing {
namespace {

class Tls : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("swarma_tls_test_" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
    const auto made = make_self_signed_certificate({"localhost", "127.0.0.1", "::1"}, folder_ / "cert.pem",
                                                   folder_ / "key.pem", now());
    ASSERT_TRUE(made) << made.error().message;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  ServerOptions server_options() const {
    ServerOptions options;
    options.certificate_file = folder_ / "cert.pem";
    options.key_file = folder_ / "key.pem";
    return options;
  }
  static Instant now() { return SystemClock().now(); }
  HttpClient trusting_client() const {
    ClientOptions options;
    options.ca_file = folder_ / "cert.pem";
    return HttpClient(options);
  }
  static ClientRequest get(std::string url) {
    ClientRequest request;
    request.url = std::move(url);
    return request;
  }
  std::filesystem::path folder_;
};

Route echo() {
  Route made = route(
      "POST", "/echo", [](const Request& request) { return text_response(request.base_url + " " + request.body); },
      Where::Worker);
  made.max_body = 16 << 20;
  return made;
}

TEST_F(Tls, ReadsWhatACertificateSays) {
  const std::vector<std::string> names = {"films.example.org", "192.168.1.7", "2001:db8::a"};
  const Instant made(1'900'000'000);
  ASSERT_TRUE(make_self_signed_certificate(names, folder_ / "c.pem", folder_ / "k.pem", made));
  const auto facts = read_certificate(folder_ / "c.pem");
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->names, names);
  EXPECT_EQ(facts->not_before, made - std::chrono::hours(24));
  EXPECT_EQ(facts->not_after, Expiry(made, std::chrono::hours(24 * 800)));
  EXPECT_TRUE(facts->self_signed);
  for (const char* file : {"key.pem", "none.pem"})
    EXPECT_EQ(read_certificate(folder_ / file).error().reason, "bad_certificate") << file;
}

TEST_F(Tls, TakesANewCertificateWhileItServes) {
  RunningServer server({echo()}, server_options());
  HttpClient before = trusting_client();
  ASSERT_TRUE(before.send(get(server.url("/echo"))));
  ASSERT_TRUE(make_self_signed_certificate({"127.0.0.1"}, folder_ / "cert.pem", folder_ / "key.pem", now()));
  EXPECT_EQ(trusting_client().send(get(server.url("/echo"))).error().reason, "tls_failed");
  ASSERT_TRUE(server->reload_certificate());
  EXPECT_TRUE(trusting_client().send(get(server.url("/echo"))));
  EXPECT_TRUE(before.send(get(server.url("/echo")))) << "a connection from before goes on";

  std::ofstream(folder_ / "key.pem") << "nonsense";
  EXPECT_EQ(server->reload_certificate().error().reason, "bad_certificate");
  EXPECT_TRUE(trusting_client().send(get(server.url("/echo")))) << "the last good one stays";
}

TEST_F(Tls, IsStrictOnlyWhenTold) {
  const auto strict = [this](bool told, std::string public_url) {
    ServerOptions options = server_options();
    options.strict_transport = told;
    options.public_url = std::move(public_url);
    RunningServer server({echo()}, options);
    return std::string(trusting_client().send(get(server.url("/echo")))->headers.get("strict-transport-security"));
  };
  EXPECT_EQ(strict(true, "https://films.example.org"), "max-age=15552000");
  EXPECT_EQ(strict(true, ""), "") << "127.0.0.1 is no name";
  EXPECT_EQ(strict(false, "https://films.example.org"), "");
}

TEST_F(Tls, ServesWhoeverTrustsTheCertificate) {
  RunningServer server({echo()}, server_options());
  EXPECT_TRUE(server->url().starts_with("https://127.0.0.1:"));
  HttpClient client = trusting_client();
  ClientRequest request = get(server.url("/echo"));
  request.method = "POST";
  const std::string body(5'000'000, 'b');
  request.body = body;
  for (int i = 0; i < 2; ++i) {
    const auto response = client.send(request);
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_TRUE(response->body == server->url() + " " + body);
  }
  HttpClient stranger;
  const auto refused = stranger.send(get(server.url("/echo")));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, "tls_failed");
}

TEST_F(Tls, SendsFiles) {
  std::string bytes(3'000'001, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 7 + i / 255);
  std::ofstream(folder_ / "film", std::ios::binary) << bytes;
  const auto file = std::make_shared<const Fd>(::open((folder_ / "film").c_str(), O_RDONLY | O_CLOEXEC));
  RunningServer server({route("GET", "/film",
                              [&](const Request&) {
                                Response response;
                                response.body = FileBody{file, 0, bytes.size()};
                                return response;
                              })},
                       server_options());
  HttpClient client = trusting_client();
  const auto whole = client.send(get(server.url("/film")));
  ASSERT_TRUE(whole) << whole.error().message;
  EXPECT_TRUE(whole->body == bytes);
  ClientRequest range = get(server.url("/film"));
  range.headers.add("Range", "bytes=1000000-2999999");
  const auto part = client.send(range);
  ASSERT_TRUE(part);
  EXPECT_EQ(part->status, 206);
  EXPECT_TRUE(part->body == bytes.substr(1'000'000, 2'000'000));
}

TEST_F(Tls, TellsPlainClientsWhatIsWrong) {
  RunningServer server({echo()}, server_options());
  RawClient plain(server.port());
  plain.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_NE(plain.rest().find("https://"), std::string::npos);
}

TEST_F(Tls, HandshakesMustNotTakeForEver) {
  ServerOptions options = server_options();
  options.header_timeout = std::chrono::seconds(1);
  RunningServer server({echo()}, options);
  RawClient silent(server.port());
  EXPECT_TRUE(silent.at_end());
}

TEST_F(Tls, OldVersionsAreRefused) {
  RunningServer server({echo()}, server_options());
  const auto curl = [&](const std::string& flags) {
    const std::string command = "curl -sS --cacert " + (folder_ / "cert.pem").string() + " " + flags +
                                " -o /dev/null " + server.url("/echo") + " 2>/dev/null";
    return std::system(command.c_str());
  };
  EXPECT_EQ(curl("--tlsv1.3"), 0);
  EXPECT_NE(curl("--tls-max 1.2"), 0);
}

TEST_F(Tls, KeepsTheKeyToItsOwner) {
  struct stat about{};
  ASSERT_EQ(::stat((folder_ / "key.pem").c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600u);
}

TEST_F(Tls, BadFilesAreNamed) {
  std::ofstream(folder_ / "empty.pem") << "";
  ServerOptions options = server_options();
  options.certificate_file = folder_ / "empty.pem";
  const auto server = HttpServer::create(options, {echo()}, plain_error);
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().reason, "bad_certificate");
  EXPECT_NE(server.error().message.find("empty.pem"), std::string::npos);
}

TEST(SelfSigned, RefusesWhatIsNoHost) {
  for (const char* name : {"", "a,b", "a b", "host:80", "a/b"})
    EXPECT_FALSE(make_self_signed_certificate({name}, "/nonexistent/c", "/nonexistent/k", SystemClock().now())) << name;
  EXPECT_FALSE(make_self_signed_certificate({}, "/nonexistent/c", "/nonexistent/k", SystemClock().now()));
}

}  // namespace
}  // namespace swarma::net::testing
