#include "access/attest/evm_watch.h"

#include <nlohmann/json.hpp>

#include "base/log.h"

namespace swarma::access::attest::evm {
namespace {

constexpr std::int64_t kAtATime = 50;

/// Of all nodes: they must agree that it is missing, or that it is final.
Standing standing_of_all(const std::vector<Answers>& answers, Instant now) {
  std::optional<Standing> all;
  for (const Answers& of_one : answers) {
    const Standing standing = standing_of(of_one, now);
    if (all && *all != standing) return Standing::Unknown;
    all = standing;
  }
  return all.value_or(Standing::Unknown);
}

Result<void> forget(db::Session& session, const Watched& payment) {
  SWARMA_RETURN_IF_ERROR(
      session.execute("DELETE FROM watched_payments WHERE attestation_id = $1", {payment.attestation_id}));
  return {};
}

Result<void> end(db::Session& session, const Watched& payment, const TakeBack& take_back, Instant now) {
  log::warning("payment_taken_back", {{"chain", payment.chain_id}, {"attestation", payment.attestation_id}});
  SWARMA_RETURN_IF_ERROR(
      session.execute("UPDATE attestations SET revoked_at = COALESCE(revoked_at, $2) WHERE attestation_id = $1",
                      {payment.attestation_id, now.unix_s()}));
  SWARMA_RETURN_IF_ERROR(
      session.execute("DELETE FROM used_payments WHERE chain = $1 AND payment = $2 AND log_index = $3",
                      {"evm:" + std::to_string(payment.chain_id), payment.transaction, payment.log_index}));
  if (take_back) SWARMA_RETURN_IF_ERROR(take_back(session, payment.basis));
  return forget(session, payment);
}

}  // namespace

Standing standing_of(const Answers& answers, Instant now) {
  if (!answers[0] || !answers[1]) return Standing::Unknown;
  const auto head = read_block(*answers[1]);
  if (!head || !check_head(*head, now)) return Standing::Unknown;
  if (answers[0]->is_null()) return Standing::Missing;
  if (!answers[0]->is_object() || !answers[0]->contains("blockNumber")) return Standing::Unknown;
  if (!answers[0]->contains("status") || answers[0]->at("status") != "0x1")
    return Standing::Missing;  // it failed in another block
  const auto block = read_number(answers[0]->at("blockNumber"));
  if (!block) return Standing::Unknown;
  const auto last = answers[2] ? read_block(*answers[2]) : std::unexpected(answers[2].error());
  const bool is_final = last ? *block <= last->number : head->number >= *block + kDeepEnough;
  return is_final ? Standing::Final : Standing::There;
}

Result<void> settle(db::Session& session, const Watched& payment, Standing standing, const TakeBack& take_back,
                    Instant now) {
  if (standing == Standing::Final) return forget(session, payment);
  if (standing == Standing::Unknown) return {};
  const bool missing = standing == Standing::Missing;
  if (missing && payment.missing_since != Instant() && payment.missing_since + kGoneFor <= now)
    return end(session, payment, take_back, now);
  const Instant since = !missing ? Instant() : payment.missing_since != Instant() ? payment.missing_since : now;
  SWARMA_RETURN_IF_ERROR(session.execute("UPDATE watched_payments SET missing_since = $2 WHERE attestation_id = $1",
                                         {payment.attestation_id, since.unix_s()}));
  return {};
}

Result<void> watch_payment(db::Session& session, const Watched& payment, Instant now) {
  SWARMA_RETURN_IF_ERROR(session.execute(
      "INSERT INTO watched_payments (attestation_id, chain_id, tx_hash, log_index, basis, attested_at, looked_at, "
      "missing_since) VALUES ($1, $2, $3, $4, $5, $6, $6, 0)",
      {payment.attestation_id, static_cast<std::int64_t>(payment.chain_id), payment.transaction, payment.log_index,
       payment.basis, now.unix_s()}));
  return {};
}

void look_after_payments(db::Database& database, const Rpc& rpc, const TakeBack& take_back, Instant now) {
  // Another node of the database that looks at the same moment does no harm: each look says the same again. So a write
  // that fails is made up for by the next look.
  const auto due = database.query(
      "UPDATE watched_payments SET looked_at = $1 WHERE attestation_id IN (SELECT attestation_id FROM watched_payments "
      "ORDER BY looked_at LIMIT $2) RETURNING attestation_id, chain_id, tx_hash, log_index, missing_since, "
      "attested_at, basis",
      {now.unix_s(), kAtATime});
  if (!due) return;
  for (const db::Row& row : *due) {
    const Watched payment{.chain_id = static_cast<std::uint64_t>(row.integer(1)),
                          .transaction = row.text(2),
                          .log_index = row.integer(3),
                          .attestation_id = row.text(0),
                          .basis = row.text(6),
                          .missing_since = Instant(row.integer(4))};
    if (Instant(row.integer(5)) + kLongestWatch < now) {
      (void)database.transact([&](db::Session& session) { return forget(session, payment); });
      continue;
    }
    rpc.ask(payment.chain_id,
            {{"eth_getTransactionReceipt", "[\"" + payment.transaction + "\"]"},
             {"eth_getBlockByNumber", R"(["latest",false])"},
             {"eth_getBlockByNumber", R"(["finalized",false])"}},
            [&database, payment, take_back, now](Result<std::vector<Answers>> answers) {
              if (!answers) return;  // not known is not gone
              const Standing standing = standing_of_all(*answers, now);
              (void)database.transact(
                  [&](db::Session& session) { return settle(session, payment, standing, take_back, now); });
            });
  }
}

}  // namespace swarma::access::attest::evm
