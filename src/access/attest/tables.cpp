// The tables of this module.
#include <array>

#include "access/attest/actions.h"

namespace swarma::access::attest {
namespace {

constexpr const char* kActionsAndCodes = R"(
    CREATE TABLE actions (
      action_id TEXT PRIMARY KEY,
      title_id TEXT NOT NULL,
      creator_jkt TEXT NOT NULL,
      viewer TEXT NOT NULL,
      requirement TEXT NOT NULL,
      params {JSON} NOT NULL,
      min_trust DOUBLE PRECISION NOT NULL,
      state {JSON} NOT NULL,
      tries BIGINT NOT NULL,
      expires_at BIGINT NOT NULL,
      completed_at BIGINT
    );
    CREATE INDEX actions_by_viewer ON actions (viewer, title_id);
    CREATE INDEX actions_by_expiry ON actions (expires_at);

    CREATE TABLE attestations (
      issuer TEXT NOT NULL,
      attestation_id TEXT NOT NULL,
      title_id TEXT NOT NULL,
      subject TEXT NOT NULL,
      creator_jkt TEXT NOT NULL,
      digest TEXT NOT NULL,
      expires_at BIGINT NOT NULL,
      used_at BIGINT,
      revoked_at BIGINT,
      PRIMARY KEY (attestation_id, issuer)
    ) {WITHOUT_ROWID};
    CREATE INDEX attestations_by_expiry ON attestations (expires_at);

    CREATE TABLE code_lists (
      title_id TEXT NOT NULL,
      list TEXT NOT NULL,
      salt {BYTES} NOT NULL,
      PRIMARY KEY (title_id, list)
    );
    CREATE TABLE codes (
      title_id TEXT NOT NULL,
      list TEXT NOT NULL,
      hash {BYTES} NOT NULL,
      max_uses BIGINT NOT NULL,
      uses BIGINT NOT NULL,
      PRIMARY KEY (title_id, list, hash)
    );
    CREATE TABLE code_uses (
      title_id TEXT NOT NULL,
      list TEXT NOT NULL,
      hash {BYTES} NOT NULL,
      viewer TEXT NOT NULL,
      PRIMARY KEY (title_id, list, hash, viewer)
    );
    CREATE TABLE code_attempts (
      time_window BIGINT NOT NULL,
      title_id TEXT NOT NULL,
      viewer TEXT NOT NULL,
      attempts BIGINT NOT NULL,
      PRIMARY KEY (time_window, title_id, viewer)
    );
  )";

// The turn of a network that is slowed (code_book.h).
constexpr const char* kTurns = R"(
    ALTER TABLE code_attempts ADD COLUMN next_at BIGINT NOT NULL DEFAULT 0;
  )";

// What was forgotten stays used: the last that was.
constexpr const char* kFloor = R"(
    CREATE TABLE attestation_floor (expires_at BIGINT NOT NULL);
    INSERT INTO attestation_floor (expires_at) VALUES (0);
  )";

// Actions that somebody else may add to, by a key of their own; messages that were taken.
constexpr const char* kReturns = R"(
    ALTER TABLE actions ADD COLUMN return_hash TEXT;
    ALTER TABLE actions ADD COLUMN notes BIGINT NOT NULL DEFAULT 0;
    CREATE UNIQUE INDEX actions_by_return ON actions (return_hash);
  )";

// When mails left, by keyed names of whom they count for (email_limits.h).
constexpr const char* kMails = R"(
    CREATE TABLE mails_sent (
      mail TEXT NOT NULL,
      kind TEXT NOT NULL,
      name TEXT NOT NULL,
      sent_at BIGINT NOT NULL,
      PRIMARY KEY (mail, kind)
    );
    CREATE INDEX mails_sent_by_name ON mails_sent (name, sent_at);
    CREATE INDEX mails_sent_by_time ON mails_sent (sent_at);
  )";

// Ads that are being watched, and how many puzzles were asked for.
constexpr const char* kAdsAndPuzzles = R"(
    CREATE TABLE attest_ads (
      viewer TEXT PRIMARY KEY,
      action_id TEXT NOT NULL,
      network TEXT NOT NULL,
      beat_at BIGINT NOT NULL
    );
    CREATE INDEX attest_ads_by_network ON attest_ads (network, beat_at);
    CREATE TABLE attest_puzzle_counts (
      title_id TEXT NOT NULL,
      time_window BIGINT NOT NULL,
      asked BIGINT NOT NULL,
      PRIMARY KEY (title_id, time_window)
    ) {WITHOUT_ROWID};
  )";

// Passes of other nodes that opened something here.
constexpr const char* kForeignPasses = R"(
    CREATE TABLE attest_foreign_passes (
      pass_id TEXT PRIMARY KEY,
      list TEXT NOT NULL,
      signer TEXT NOT NULL,
      place BIGINT NOT NULL,
      valid_until BIGINT NOT NULL
    );
  )";

// Accounts elsewhere that opened a title, by keyed names (sole_account.h).
constexpr const char* kAccounts = R"(
    CREATE TABLE attest_accounts (
      account TEXT PRIMARY KEY,
      viewer TEXT NOT NULL,
      used_at BIGINT NOT NULL
    );
    CREATE INDEX attest_accounts_by_time ON attest_accounts (used_at);
  )";

// Payments that were used, for ever: they do not come back; those that a chain may still take back (evm_watch.h).
// Nothing of both names a viewer. Accounts elsewhere that met a requirement, under names that mean nothing for another
// title (account_uses.h).
constexpr const char* kPaymentsAndAccounts = R"(
    CREATE TABLE used_payments (
      chain TEXT NOT NULL,
      payment TEXT NOT NULL,
      log_index BIGINT NOT NULL,
      PRIMARY KEY (chain, payment, log_index)
    ) {WITHOUT_ROWID};
    CREATE TABLE watched_payments (
      attestation_id TEXT PRIMARY KEY,
      chain_id BIGINT NOT NULL,
      tx_hash TEXT NOT NULL,
      log_index BIGINT NOT NULL,
      basis TEXT NOT NULL,
      attested_at BIGINT NOT NULL,
      looked_at BIGINT NOT NULL,
      missing_since BIGINT NOT NULL
    );
    CREATE INDEX watched_payments_by_look ON watched_payments (looked_at);
    CREATE TABLE account_uses (
      title_id TEXT NOT NULL,
      account TEXT NOT NULL,
      viewer TEXT NOT NULL,
      network TEXT NOT NULL,
      used_at BIGINT NOT NULL,
      PRIMARY KEY (title_id, account, viewer)
    );
    CREATE INDEX account_uses_by_time ON account_uses (used_at);
    CREATE INDEX account_uses_by_network ON account_uses (title_id, network);
  )";

// What became of attestations, and the verifiers of other nodes.
constexpr const char* kVerifiers = R"(
    ALTER TABLE attestations ADD COLUMN requirement TEXT NOT NULL DEFAULT '';
    ALTER TABLE attestations ADD COLUMN variant TEXT NOT NULL DEFAULT '';
    ALTER TABLE attestations ADD COLUMN basis TEXT NOT NULL DEFAULT '';
    ALTER TABLE attestations ADD COLUMN contradicted_at BIGINT;
    CREATE INDEX attestations_by_basis ON attestations (basis) WHERE basis <> '';
    CREATE INDEX attestations_taken_back ON attestations (expires_at)
      WHERE revoked_at IS NOT NULL OR contradicted_at IS NOT NULL;
    CREATE TABLE attest_outcomes (
      issuer TEXT NOT NULL,
      requirement TEXT NOT NULL,
      variant TEXT NOT NULL,
      issued BIGINT NOT NULL,
      used BIGINT NOT NULL,
      revoked BIGINT NOT NULL,
      contradicted BIGINT NOT NULL,
      PRIMARY KEY (issuer, requirement, variant)
    );
    CREATE TABLE attest_foreign_verifiers (
      issuer TEXT PRIMARY KEY,
      record TEXT NOT NULL,
      issued_at BIGINT NOT NULL
    );
  )";

}  // namespace

std::span<const db::Migration> migrations() {
  static const std::array list = {
      db::Migration{"access_attest_0001", kActionsAndCodes},
      db::Migration{"access_attest_0002", kTurns},
      db::Migration{"access_attest_0003", kFloor},
      db::Migration{"access_attest_0004", kReturns},
      db::Migration{"access_attest_mails_0001", kMails},
      db::Migration{"access_attest_0005", kAdsAndPuzzles},
      db::Migration{"access_attest_0006", kForeignPasses},
      db::Migration{"access_attest_accounts_0001", kAccounts},
      db::Migration{"access_attest_payments", kPaymentsAndAccounts},
      db::Migration{"access_attest_verifiers_0001", kVerifiers},
  };
  return list;
}

}  // namespace swarma::access::attest
