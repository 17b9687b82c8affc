#include "access/attest/foreign_verifiers.h"

#include <map>
#include <mutex>
#include <nlohmann/json.hpp>

#include "base/log.h"
#include "net/outbound.h"

namespace swarma::access::attest {
namespace {

constexpr std::chrono::seconds kAskTimeout{5};
constexpr std::chrono::seconds kAskPause{5};  // after a node did not answer
constexpr std::size_t kMaxAnswer = kMaxVerifierRecordBytes * 4;

/// What is known of one node's revocations.
struct Revoked {
  std::set<std::string> ids;
  std::optional<Instant> fetched_at, failed_at;
  bool asking = false;
};

/// Times of the future are of before the clock was set back.
bool within(const std::optional<Instant>& at, Instant now, std::chrono::seconds span) {
  return at && *at <= now && now - *at <= span;
}

Result<void> judge(const Revoked& known, const std::string& id) {
  if (!known.ids.contains(id)) return {};
  return fail(ErrorCode::Forbidden, "attestation_revoked",
              "This attestation was revoked where it was issued: meet the requirement again.");
}

std::string record_of(const Result<net::OutboundResponse>& response, const char* member, std::size_t max) {
  if (!response || response->status != 200) return {};
  const auto body = parse_json(response->body);
  if (!body || !body->is_object()) return {};
  return JsonReader(*body, "answer").text_or(member, max, "").value_or("");
}

}  // namespace

struct ForeignVerifiers::Impl : std::enable_shared_from_this<ForeignVerifiers::Impl> {
  Impl(db::Database& rows, crypto::Did did, net::Outbound* out,
       std::function<void(std::move_only_function<void()>)> back)
      : database(rows), self(std::move(did)), outbound(out), run(std::move(back)) {}

  db::Database& database;
  const crypto::Did self;
  net::Outbound* outbound;
  std::function<void(std::move_only_function<void()>)> run;
  std::mutex mutex;
  std::map<std::string, Revoked> revoked;  // by issuer

  void ask(const crypto::Did& issuer, const std::string& url, Instant now);
  void take(const crypto::Did& issuer, const Result<net::OutboundResponse>& response, Instant now);
  void take_renewed(const VerifierRecord& old, const Result<net::OutboundResponse>& response, Instant now);
  Result<VerifierRecord> put(std::string_view jws, Instant now);
};

ForeignVerifiers::ForeignVerifiers(db::Database& database, crypto::Did self, net::Outbound* outbound,
                                   std::function<void(std::move_only_function<void()>)> run)
    : impl_(std::make_shared<Impl>(database, std::move(self), outbound, std::move(run))) {}
ForeignVerifiers::~ForeignVerifiers() = default;

Result<VerifierRecord> ForeignVerifiers::Impl::put(std::string_view jws, Instant now) {
  SWARMA_TRY(VerifierRecord record, verify_verifier_record(jws, now));
  if (record.issuer == self)
    return fail(ErrorCode::BadRequest, "verifier_is_own", "This list is of this node itself: it knows it already.");
  SWARMA_TRY(const std::int64_t taken,
             database.execute(
                 "INSERT INTO attest_foreign_verifiers (issuer, record, issued_at) SELECT $1, $2, $3 WHERE "
                 "EXISTS (SELECT 1 FROM attest_foreign_verifiers WHERE issuer = $1) OR "
                 "(SELECT COUNT(*) FROM attest_foreign_verifiers) < $4 ON CONFLICT (issuer) DO UPDATE SET record = "
                 "excluded.record, issued_at = excluded.issued_at WHERE attest_foreign_verifiers.issued_at < "
                 "excluded.issued_at OR attest_foreign_verifiers.record = excluded.record",
                 {record.issuer.text(), std::string(jws), record.issued_at.unix_s(),
                  static_cast<std::int64_t>(kMaxForeignVerifiers)}));
  if (taken == 1) return record;
  SWARMA_TRY(const db::Rows rows, database.query("SELECT issued_at FROM attest_foreign_verifiers WHERE issuer = $1",
                                                 {record.issuer.text()}));
  if (rows.empty())
    return fail(ErrorCode::TooMany, "too_many_verifiers",
                "This node lists " + std::to_string(kMaxForeignVerifiers) + " other nodes already: remove one first.");
  return fail(ErrorCode::Conflict, "verifier_record_older",
              "A newer list of this node is known here already: fetch its current one.");
}

Result<VerifierRecord> ForeignVerifiers::put(std::string_view jws, Instant now) {
  return impl_->put(jws, now);
}

Result<void> ForeignVerifiers::remove(const std::string& issuer) {
  SWARMA_TRY(const std::int64_t gone,
             impl_->database.execute("DELETE FROM attest_foreign_verifiers WHERE issuer = $1", {issuer}));
  if (gone == 0)
    return fail(ErrorCode::NotFound, "verifier_unknown", "This node lists no verifiers of " + issuer + ".");
  return {};
}

Result<std::vector<VerifierRecord>> ForeignVerifiers::list() const {
  SWARMA_TRY(const db::Rows rows,
             impl_->database.query("SELECT record, issued_at FROM attest_foreign_verifiers ORDER BY issuer"));
  std::vector<VerifierRecord> out;
  for (const db::Row& row : rows) {
    // Valid when it was taken; whether it still is, its reader judges.
    SWARMA_TRY(auto record, verify_verifier_record(row.text(0), Instant(row.integer(1))));
    out.push_back(std::move(record));
  }
  return out;
}

Result<void> ForeignVerifiers::check(const Attestation& attestation, Instant now) {
  const std::string issuer = attestation.issuer.text();
  SWARMA_TRY(
      const db::Rows rows,
      impl_->database.query("SELECT record, issued_at FROM attest_foreign_verifiers WHERE issuer = $1", {issuer}));
  if (rows.empty()) return {};
  SWARMA_TRY(const auto record, verify_verifier_record(rows.front().text(0), Instant(rows.front().integer(1))));
  bool ask = false;
  const Result<void> verdict = [&]() -> Result<void> {
    const std::lock_guard lock(impl_->mutex);
    Revoked& known = impl_->revoked[issuer];
    const bool silent = within(known.failed_at, now, kAskPause);
    ask = !known.asking && !silent && !within(known.fetched_at, now, kRevokedFresh / 2);
    if (ask) known.asking = true;
    if (within(known.fetched_at, now, kRevokedFresh)) return judge(known, attestation.id);
    if (silent && within(known.fetched_at, now, kRevokedUsable)) return judge(known, attestation.id);
    if (silent)
      return fail(ErrorCode::Unavailable, "issuer_silent",
                  "The node that issued this attestation does not answer, so nobody can tell here whether it was "
                  "revoked: try again later.",
                  std::chrono::seconds(5));
    return fail(ErrorCode::Unavailable, "issuer_being_asked",
                "The node that issued this attestation is being asked whether it still holds: try again in a second.",
                std::chrono::seconds(1));
  }();
  if (ask) impl_->ask(record.issuer, record.url, now);
  return verdict;
}

void ForeignVerifiers::Impl::ask(const crypto::Did& issuer, const std::string& url, Instant now) {
  if (outbound == nullptr)
    return take(issuer, fail(ErrorCode::Unavailable, "unreachable", "Nobody can be asked."), now);
  // The node's owner has listed this address.
  outbound->send(
      {.url = url + "/v1/verifiers/revoked"},
      {.reach = net::Reach::Anywhere, .timeout = kAskTimeout, .max_response_bytes = kMaxRevokedBytes},
      [self = shared_from_this(), issuer, now](auto response) {
        self->run([self, issuer, now, response = std::move(response)] { self->take(issuer, response, now); });
      });
}

/// As of when it was asked for: what was revoked since may be missing.
void ForeignVerifiers::Impl::take(const crypto::Did& issuer, const Result<net::OutboundResponse>& response,
                                  Instant now) {
  auto ids = verify_revoked(record_of(response, "record", kMaxRevokedBytes), issuer, now);
  const std::lock_guard lock(mutex);
  Revoked& known = revoked[issuer.text()];
  known.asking = false;
  if (ids) {
    known.ids = *std::move(ids);
    known.fetched_at = now;
    known.failed_at.reset();
  } else {
    known.failed_at = now;
  }
}

/// A node that moves has to be listed anew: an address is its lister's choice.
void ForeignVerifiers::Impl::take_renewed(const VerifierRecord& old, const Result<net::OutboundResponse>& response,
                                          Instant now) {
  const std::string jws = record_of(response, "record", kMaxVerifierRecordBytes);
  const auto record = verify_verifier_record(jws, now);
  if (!record || record->issuer != old.issuer || record->url != old.url)
    return log::warning("verifiers_not_renewed", {{"issuer", old.issuer.text()}});
  if (const auto taken = put(jws, now); !taken)
    log::warning("verifiers_not_renewed", {{"issuer", old.issuer.text()}, {"reason", taken.error().reason}});
}

void ForeignVerifiers::renew(Instant now) {
  if (impl_->outbound == nullptr) return;
  const auto all = list();
  if (!all) return log::warning("verifiers_not_renewed", {{"reason", all.error().reason}});
  for (const VerifierRecord& record : *all) {
    if (record.expires_at.left(now) > (record.expires_at.left(record.issued_at)) / 2) continue;
    impl_->outbound->send(
        {.url = record.url + "/v1/verifiers"},
        {.reach = net::Reach::Anywhere, .timeout = kAskTimeout, .max_response_bytes = kMaxAnswer},
        [impl = impl_, record, now](auto response) {
          impl->run([impl, record, now, response = std::move(response)] { impl->take_renewed(record, response, now); });
        });
  }
}

}  // namespace swarma::access::attest
