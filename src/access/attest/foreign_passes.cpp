#include "access/attest/foreign_passes.h"

#include <map>
#include <mutex>

#include "net/outbound.h"

namespace swarma::access::attest {
namespace {

using ListPointer = std::shared_ptr<const pass::StatusList>;

std::unexpected<Error> status_unknown() {
  return fail(ErrorCode::Unavailable, "pass_status_unknown",
              "Whether this pass still holds is known at another node, which does not answer: try again later.",
              std::chrono::seconds(30));
}

struct KeptList {
  ListPointer list;
  Instant fetched_at;
};

/// Where a list is, and who signs it.
struct Source {
  std::string url;
  crypto::Did signer;
};

}  // namespace

struct ForeignPasses::Impl : std::enable_shared_from_this<ForeignPasses::Impl> {
  Impl(db::Database& rows, net::Outbound* out, std::function<void(std::move_only_function<void()>)> back)
      : database(rows), outbound(out), run(std::move(back)) {}

  db::Database& database;
  net::Outbound* outbound;
  std::function<void(std::move_only_function<void()>)> run;
  std::mutex mutex;
  std::map<std::string, KeptList> kept;  // by URL and signer

  ListPointer find(const Source& source, Instant now, std::chrono::seconds life) {
    const std::lock_guard lock(mutex);
    const auto found = kept.find(source.url + " " + source.signer.text());
    // Lists of the future are of before the clock was set back.
    if (found == kept.end() || found->second.fetched_at > now || now - found->second.fetched_at > life) return nullptr;
    return found->second.list;
  }

  void keep(const Source& source, ListPointer list, Instant now) {
    const std::lock_guard lock(mutex);
    if (kept.size() >= kMaxKeptLists)
      kept.erase(std::ranges::min_element(kept, {}, [](const auto& entry) { return entry.second.fetched_at; }));
    kept[source.url + " " + source.signer.text()] = {std::move(list), now};
  }

  Result<ListPointer> take(const Source& source, const Result<net::OutboundResponse>& response, Instant now) {
    if (!response || response->status != 200) return status_unknown();
    SWARMA_TRY(auto list, pass::verify_status_list(response->body, source.url, source.signer, now));
    auto shared = std::make_shared<const pass::StatusList>(std::move(list));
    keep(source, shared, now);
    return ListPointer(shared);
  }

  void get(const Source& source, Instant now, Done<ListPointer> done) {
    if (auto fresh = find(source, now, kListFresh)) return done(std::move(fresh));
    if (outbound == nullptr) return done(status_unknown());
    outbound->send({.url = source.url}, {.max_response_bytes = pass::kMaxListBytes},
                   [self = shared_from_this(), source, now, done = std::move(done)](auto response) mutable {
                     self->run([self, source, now, done = std::move(done), response = std::move(response)]() mutable {
                       auto list = self->take(source, response, now);
                       if (!list)
                         if (auto old = self->find(source, now, kListUsable)) return done(std::move(old));
                       done(std::move(list));
                     });
                   });
  }
};

ForeignPasses::ForeignPasses(db::Database& database, net::Outbound* outbound,
                             std::function<void(std::move_only_function<void()>)> run)
    : impl_(std::make_shared<Impl>(database, outbound, std::move(run))) {}
ForeignPasses::~ForeignPasses() = default;

void ForeignPasses::check(const pass::Pass& pass, Instant now, Done<bool> done) {
  if (!pass.status) return done(true);
  impl_->get({pass.status->list, pass.status->signer}, now,
             [index = pass.status->index, done = std::move(done)](Result<ListPointer> list) mutable {
               if (!list) return done(std::unexpected(std::move(list).error()));
               if ((*list)->get(index))
                 return done(fail(ErrorCode::Forbidden, "pass_revoked", "This pass was revoked by its creator."));
               done(true);
             });
}

Result<void> ForeignPasses::remember(db::Session& session, const pass::Pass& pass) {
  if (!pass.status) return {};
  SWARMA_RETURN_IF_ERROR(session.execute(
      "INSERT INTO attest_foreign_passes (pass_id, list, signer, place, valid_until) VALUES ($1, $2, $3, "
      "$4, $5) ON CONFLICT (pass_id) DO NOTHING",
      {pass.id, pass.status->list, pass.status->signer.text(), std::int64_t{pass.status->index},
       pass.valid_until.unix_s()}));
  return {};
}

namespace {

/// One look at all lists: the last answer ends it.
struct Look {
  std::mutex mutex;
  std::size_t missing = 0;
  std::vector<std::string> revoked;
  Done<std::vector<std::string>> done;

  void end_one(std::vector<std::string> more) {
    std::unique_lock lock(mutex);
    revoked.insert(revoked.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    if (--missing > 0) return;
    lock.unlock();
    done(std::move(revoked));
  }
};

using Places = std::vector<std::pair<std::string, std::uint32_t>>;  // pass id, index

}  // namespace

void ForeignPasses::look_again(Instant now, Done<std::vector<std::string>> done) {
  auto rows = impl_->database.query(
      "SELECT pass_id, list, signer, place FROM attest_foreign_passes WHERE valid_until > $1", {now.unix_s()});
  if (!rows) return done(std::unexpected(std::move(rows).error()));
  std::map<std::pair<std::string, std::string>, Places> lists;
  for (const db::Row& row : *rows)
    lists[{row.text(1), row.text(2)}].emplace_back(row.text(0), static_cast<std::uint32_t>(row.integer(3)));
  const auto look = std::make_shared<Look>();
  look->missing = lists.size() + 1;
  look->done = std::move(done);
  for (auto& [source, places] : lists) {
    const auto signer = crypto::Did::parse(source.second);
    if (!signer) {
      look->end_one({});
      continue;
    }
    impl_->get({source.first, *signer}, now,
               [impl = impl_, look, of_list = std::move(places)](Result<ListPointer> list) mutable {
                 std::vector<std::string> revoked;
                 for (const auto& [id, index] : of_list)
                   if (list && (*list)->get(index) &&
                       impl->database.execute("DELETE FROM attest_foreign_passes WHERE pass_id = $1", {id}))
                     revoked.push_back(id);
                 look->end_one(std::move(revoked));
               });
  }
  look->end_one({});
}

}  // namespace swarma::access::attest
