// For tests and benchmarks: a creator with a title, its sealed package, and a source that serves it from memory.
#pragma once

#include <mutex>
#include <string>

#include "access/grant/prepared_titles.h"
#include "access/policy/policy.h"
#include "base/random.h"
#include "crypto/hash.h"
#include "title/sealed_package.h"
#include "title/title_record.h"

namespace swarma::access::grant::testing {

struct TestCreator {
  crypto::SigningKey signing = crypto::SigningKey::generate();
  crypto::DecryptionKey decryption = crypto::DecryptionKey::generate();
};

struct TestTitle {
  title::TitleRecord record;
  crypto::SecretKey secret;
  title::CodeLists codes;
  SignedTitle published;
};

/// A film of 100 slots of 4 s in the groups hd and sd. `nonce` (base64url of 16 bytes) keeps its id through revisions.
inline TestTitle make_test_title(const TestCreator& creator, std::string_view policy_json, title::CodeLists codes = {},
                                 std::int64_t revision = 1, std::string nonce = to_base64url(random_array<16>())) {
  const BlobId blob(crypto::sha256(view("blob")));
  title::TitleRecord record{.id = title::make_title_id(creator.signing.did(), nonce),
                            .nonce = nonce,
                            .revision = revision,
                            .creator = creator.signing.did(),
                            .created_at = Instant(1'800'000'000),
                            .name = "A film",
                            .language = "en",
                            .summary = {},
                            .tags = {},
                            .duration_ms = 400'000,
                            .slots = 100,
                            .salt = to_base64url(random_array<16>()),
                            .key_groups = {"hd", "sd"},
                            .playlist = blob,
                            .details = blob,
                            .poster = std::nullopt,
                            .policy = policy::parse_policy_text(policy_json).value().canonical(),
                            .agent = {creator.signing.did(), creator.decryption.encryption_key()}};
  TestTitle out{std::move(record), crypto::random_key(), std::move(codes), {}};
  out.published.record = title::sign_record(out.record, creator.signing).value();
  out.published.sealed =
      title::seal_package({out.record.id, revision, out.secret, out.codes}, creator.decryption.encryption_key());
  return out;
}

/// One title at a time per id; thread-safe.
class SignedTitlesInMemory final : public SignedTitles {
 public:
  void put(const TestTitle& title) {
    const std::lock_guard lock(mutex_);
    titles_.insert_or_assign(title.record.id.text(), std::pair(title.record.revision, title.published));
  }
  void remove(const TitleId& title) {
    const std::lock_guard lock(mutex_);
    titles_.erase(title.text());
  }
  Result<std::optional<std::int64_t>> find_revision(const TitleId& title) override {
    const std::lock_guard lock(mutex_);
    const auto found = titles_.find(title.text());
    return found == titles_.end() ? std::nullopt : std::optional(found->second.first);
  }
  Result<std::optional<std::int64_t>> find_revision(db::Session&, const TitleId& title) override {
    return find_revision(title);
  }
  Result<void> count_unlock(db::Session&, const TitleId& title, std::string_view) override {
    const std::lock_guard lock(mutex_);
    ++unlocks_[title.text()];
    return {};
  }
  int unlocks(const TitleId& title) {
    const std::lock_guard lock(mutex_);
    return unlocks_[title.text()];
  }
  Result<std::optional<SignedTitle>> find_current(const TitleId& title) override {
    const std::lock_guard lock(mutex_);
    const auto found = titles_.find(title.text());
    return found == titles_.end() ? std::nullopt : std::optional(found->second.second);
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::pair<std::int64_t, SignedTitle>> titles_;
  std::map<std::string, int> unlocks_;  // counted even when the transaction is rolled back
};

}  // namespace swarma::access::grant::testing
