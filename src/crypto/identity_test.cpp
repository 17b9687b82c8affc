#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/aead.h"
#include "crypto/keys.h"
#include "crypto/vectors_testing.h"

namespace swarma::crypto {
namespace {

using testing::TemporaryFolder;

bool same(const Identity& a, const Identity& b) {
  return a.signing.did() == b.signing.did() && a.decryption.encryption_key() == b.decryption.encryption_key() &&
         a.master == b.master;
}

std::string reason_of(const Result<Identity>& identity) {
  return identity ? "opened" : identity.error().reason;
}

std::string text_of(const std::filesystem::path& file) {
  return std::string(as_text(read_file(file, 1 << 20).value()));
}

std::size_t files_in(const std::filesystem::path& folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

TEST(Identity, IsMadeOnceAndStaysTheSame) {
  const TemporaryFolder home;
  const auto folder = home.path() / "new" / "folder";
  const auto first = open_identity(folder);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_TRUE(same(*first, open_identity(folder).value()));
  EXPECT_EQ(files_in(folder), 1u);

  const TemporaryFolder elsewhere;
  EXPECT_FALSE(same(*first, open_identity(elsewhere.path()).value()));
}

TEST(Identity, BelongsToItsOwnerOnly) {
  const TemporaryFolder home;
  const auto file = home.path() / "identity.json";
  ASSERT_TRUE(open_identity(home.path()));
  struct stat info{};
  ASSERT_EQ(::stat(file.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  for (mode_t exposed : {0640u, 0604u, 0620u, 0601u, 0777u}) {
    ASSERT_EQ(::chmod(file.c_str(), exposed), 0);
    EXPECT_EQ(reason_of(open_identity(home.path())), "identity_exposed");
  }
  ASSERT_EQ(::chmod(file.c_str(), 0400), 0);
  EXPECT_TRUE(open_identity(home.path()));
}

TEST(Identity, ItsThreeSecretsAreIndependent) {
  const TemporaryFolder home;
  const Identity identity = open_identity(home.path()).value();
  EXPECT_FALSE(SigningKey(identity.master).did() == identity.signing.did());
  EXPECT_NE(DecryptionKey(identity.master).encryption_key(), identity.decryption.encryption_key());
}

TEST(Identity, APassphraseSealsIt) {
  const TemporaryFolder home;
  const auto made = open_identity(home.path(), "correct horse");
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_TRUE(same(*made, open_identity(home.path(), "correct horse").value()));
  EXPECT_EQ(reason_of(open_identity(home.path(), "wrong horse")), "passphrase_wrong");
  EXPECT_EQ(reason_of(open_identity(home.path())), "passphrase_needed");
  const std::string text = text_of(home.path() / "identity.json");
  EXPECT_EQ(text.find("secrets"), text.npos);
  EXPECT_EQ(text.find(to_base64url(made->master.expose())), text.npos);
}

TEST(Identity, APassphraseForAnOpenFileIsAnErrorAndNotSilence) {
  const TemporaryFolder home;
  ASSERT_TRUE(open_identity(home.path()));
  EXPECT_EQ(reason_of(open_identity(home.path(), "correct horse")), "passphrase_unused");
}

TEST(Identity, ADamagedFileIsNeverReplaced) {
  const TemporaryFolder home;
  const auto file = home.path() / "identity.json";
  ASSERT_TRUE(open_identity(home.path()));
  const std::string good = text_of(file);
  for (const std::string& damaged :
       {std::string(), std::string("{}"), std::string("[]"), std::string("{\"version\":1}"),
        good.substr(0, good.size() / 2), std::string(R"({"version":2,"secrets":"AA"})"),
        std::string(R"({"version":1,"secrets":"AA"})"), std::string(R"({"version":1,"secrets":7})"),
        std::string(20'000, ' ')}) {
    ASSERT_TRUE(write_file_durably(file, view(damaged), 0600));
    EXPECT_EQ(reason_of(open_identity(home.path())), "identity_bad") << damaged.substr(0, 50);
    EXPECT_EQ(text_of(file), damaged);
  }
  for (const char* sealed :
       {R"({"version":1,"sealed":"AA"})", R"({"version":1,"sealed":7,"argon2id":{}})",
        R"({"version":1,"sealed":"AA","argon2id":{"passes":1,"memory_kib":999999999,"salt":"AAAAAAAAAAAAAAAAAAAAAA"}})",
        R"({"version":1,"sealed":"AA","argon2id":{"passes":1,"memory_kib":8,"salt":"AA"}})"}) {
    ASSERT_TRUE(write_file_durably(file, view(sealed), 0600));
    EXPECT_EQ(reason_of(open_identity(home.path(), "x")), "identity_bad") << sealed;
  }
}

TEST(Identity, NoErrorRepeatsASecret) {
  const TemporaryFolder home;
  const auto file = home.path() / "identity.json";
  ASSERT_TRUE(open_identity(home.path()));
  const std::string good = text_of(file);
  ASSERT_TRUE(write_file_durably(file, view(good.substr(0, good.size() - 6)), 0600));
  const auto opened = open_identity(home.path());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().message.find(good.substr(30, 20)), std::string::npos);
}

/// The DID that a process of its own gets from `folder`, written to `out` once `start` can be read.
pid_t open_in_another_process(const std::filesystem::path& folder, int start, int out) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  char byte;
  if (::read(start, &byte, 1) != 1) ::_exit(2);
  const auto identity = open_identity(folder);
  const std::string text = identity ? identity->signing.did().text() : std::string(56, '!');
  ::_exit(::write(out, text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : 3);
}

TEST(Identity, ProcessesThatStartTogetherGetTheSameOne) {
  constexpr std::size_t kProcesses = 8;
  for (int round = 0; round < 10; ++round) {
    const TemporaryFolder home;
    int start[2];
    int answers[2];
    ASSERT_EQ(::pipe(start), 0);
    ASSERT_EQ(::pipe(answers), 0);
    std::vector<pid_t> children;
    for (std::size_t i = 0; i < kProcesses; ++i)
      children.push_back(open_in_another_process(home.path(), start[0], answers[1]));
    ASSERT_EQ(::write(start[1], "........", kProcesses), static_cast<ssize_t>(kProcesses));
    for (pid_t child : children) {
      int status = 0;
      ASSERT_EQ(::waitpid(child, &status, 0), child);
      ASSERT_EQ(status, 0);
    }
    std::string all(kProcesses * 56, '?');
    ASSERT_EQ(::read(answers[0], all.data(), all.size()), static_cast<ssize_t>(all.size()));
    const std::string expected = open_identity(home.path()).value().signing.did().text();
    for (std::size_t i = 0; i < kProcesses; ++i) EXPECT_EQ(all.substr(i * 56, 56), expected);
    EXPECT_EQ(files_in(home.path()), 1u);
    for (int fd : {start[0], start[1], answers[0], answers[1]}) ::close(fd);
  }
}

}  // namespace
}  // namespace swarma::crypto
