#include "node/certificate.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/bytes.h"
#include "base/random.h"
#include "net/tls.h"

namespace swarma::node {
namespace {

using std::chrono::hours;

struct Certificate : ::testing::Test {
  std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("swarma-certificate-" + to_hex(random_array<8>()));
  std::filesystem::path file = folder / "certificate.pem", key = folder / "key.pem";
  FakeClock clock;
  std::vector<std::string> names = {"films.example.org", "127.0.0.1"};

  Certificate() { std::filesystem::create_directories(folder); }
  ~Certificate() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  }
  CertificateKeeper keeper(bool own) {
    return CertificateKeeper({.certificate_file = file, .key_file = key, .own = own, .names = [this] { return names; }},
                             clock);
  }
  net::CertificateFacts facts() const { return net::read_certificate(file).value(); }
};

TEST_F(Certificate, AnOwnOneIsMadeOnceAndStays) {
  CertificateKeeper own = keeper(true);
  EXPECT_TRUE(own.check().value());
  EXPECT_EQ(facts().names, names);
  EXPECT_FALSE(own.check().value());
  clock.advance(hours(24 * 700));
  EXPECT_FALSE(own.check().value()) << "100 days are left";
  EXPECT_FALSE(keeper(true).check().value()) << "nor by another process";
}

TEST_F(Certificate, AnOwnOneFollowsNamesAndTheClock) {
  CertificateKeeper own = keeper(true);
  ASSERT_TRUE(own.check().value());
  names.push_back("192.168.1.7");
  EXPECT_TRUE(own.check().value()) << "a new address";
  EXPECT_EQ(facts().names, names);
  names.erase(names.begin());
  EXPECT_FALSE(own.check().value()) << "one that is no longer needed does no harm";
  clock.advance(hours(24 * 771));
  EXPECT_TRUE(own.check().value()) << "29 days are left";
  EXPECT_EQ(facts().names, names);
  clock.set(-hours(24 * 300));
  EXPECT_TRUE(own.check().value()) << "the clock was set back: it would not be valid yet";
  EXPECT_LE(facts().not_before, clock.now());
  clock.set(hours(24 * 4000));
  EXPECT_TRUE(own.check().value()) << "it ended long ago";
  EXPECT_FALSE(facts().not_after.has_passed(clock.now()));
}

TEST_F(Certificate, AnOwnOneThatCannotBeUsedIsMadeAnew) {
  CertificateKeeper own = keeper(true);
  ASSERT_TRUE(own.check().value());
  std::ofstream(file) << "half a certificate";
  EXPECT_TRUE(own.check().value());
  ASSERT_TRUE(net::make_self_signed_certificate(names, folder / "other.pem", key, clock.now()));
  EXPECT_TRUE(own.check().value()) << "the key of another one: a crash between the two files";
  EXPECT_FALSE(own.check().value());
}

TEST_F(Certificate, AGivenOneIsNeverWritten) {
  CertificateKeeper given = keeper(false);
  EXPECT_EQ(given.check().error().reason, "bad_certificate") << "there is none";
  EXPECT_FALSE(std::filesystem::exists(file));
  ASSERT_TRUE(net::make_self_signed_certificate({"other.example"}, file, key, clock.now()));
  CertificateKeeper again = keeper(false);
  EXPECT_TRUE(again.check().value());
  EXPECT_FALSE(again.check().value());
  clock.advance(hours(24 * 900));
  EXPECT_FALSE(again.check().value());
  EXPECT_EQ(facts().names, std::vector<std::string>{"other.example"});
}

TEST_F(Certificate, AGivenOneIsTakenAgainWhenItChanges) {
  ASSERT_TRUE(net::make_self_signed_certificate(names, file, key, clock.now()));
  CertificateKeeper given = keeper(false);
  ASSERT_TRUE(given.check().value());
  std::ofstream(file) << "a renewal that went wrong";
  EXPECT_FALSE(given.check().value()) << "what cannot be used is not taken, and stops nothing";
  ASSERT_TRUE(net::make_self_signed_certificate(names, file, key, clock.now()));
  EXPECT_TRUE(given.check().value());
}

TEST_F(Certificate, TheLogHearsOfItsEndOnceADay) {
  ASSERT_TRUE(net::make_self_signed_certificate(names, file, key, clock.now()));
  CertificateKeeper given = keeper(false);
  const auto words = [&given] {
    ::testing::internal::CaptureStderr();
    EXPECT_TRUE(given.check());
    return ::testing::internal::GetCapturedStderr();
  };
  EXPECT_EQ(words(), "");
  clock.advance(hours(24 * 790));
  EXPECT_NE(words().find("certificate_expires_soon"), std::string::npos);
  EXPECT_EQ(words(), "") << "a minute later";
  clock.advance(hours(24));
  EXPECT_NE(words().find("certificate_expires_soon"), std::string::npos);
  clock.advance(hours(24 * 10));
  EXPECT_NE(words().find("certificate_expired"), std::string::npos);
  clock.set(-hours(24 * 900));
  EXPECT_NE(words().find("certificate_not_valid_yet"), std::string::npos);
}

TEST(MachineNames, AreAddressesOrNamesButNoLoopback) {
  for (const std::string& name : machine_names()) {
    EXPECT_FALSE(name.empty());
    EXPECT_FALSE(name.starts_with("127.")) << name;
    EXPECT_NE(name, "::1");
    EXPECT_FALSE(name.starts_with("fe80:")) << name;
  }
}

}  // namespace
}  // namespace swarma::node
