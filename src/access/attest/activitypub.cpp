// social_like on the fediverse: the viewer writes a token into the profile of his account, which proves that it is his,
// and the node reads what that account liked, reposted or follows. Challenge {"network","action","target","token"} →
// response {"account": "@name@server"}.
//
// Whom to believe: collections of the target's own server (its likes, shares, followers) say what that server verified
// when it took the activity; where it does not show them, those of the account's server do (liked, outbox, following),
// which is a server that the viewer may run himself: less trust. Kept is a keyed hash of the account's id.
#include <nlohmann/json.hpp>

#include "access/attest/activitypub_fetch.h"
#include "access/attest/sole_account.h"
#include "crypto/hash.h"

namespace swarma::access::attest {
namespace {

constexpr double kTargetTrust = 0.7, kAccountTrust = 0.4;
constexpr std::size_t kTokenCharacters = 22;
constexpr std::size_t kMaxFields = 64;

struct Wanted {
  std::string action, target;
};

std::optional<Wanted> read_leaf(const policy::Leaf& leaf) {
  const auto params = parse_json(leaf.params);
  if (!params || params->value("network", "") != "activitypub") return std::nullopt;
  Wanted wanted{params->value("action", "like"), params->value("target", "")};
  const bool is_handle = parse_handle(wanted.target).has_value();
  if (host_of_url(wanted.target).empty() && !(is_handle && wanted.action == "follow")) return std::nullopt;
  return wanted;
}

/// Which collections tell, at the target's server and at the account's, and the activity as items may hold it.
struct Places {
  const char* at_target;
  const char* at_account;
  const char* activity;
};
Places places_of(const std::string& action) {
  if (action == "follow") return {"followers", "following", "Follow"};
  if (action == "repost") return {"shares", "outbox", "Announce"};
  return {"likes", "liked", "Like"};
}

Json member(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() ? Json() : *found;
}

bool is_activity(const Json& item, const char* type, const std::string& actor, const std::string& object) {
  return item.is_object() && member(item, "type") == Json(type) && id_of(member(item, "actor")) == actor &&
         id_of(member(item, "object")) == object;
}

/// In the text about the account or one of its fields, where people can write.
bool shows_token(const Json& account, const std::string& token) {
  const auto holds = [&](const Json& text) {
    return text.is_string() && text.get_ref<const std::string&>().contains(token);
  };
  if (holds(member(account, "summary"))) return true;
  const Json fields = member(account, "attachment");
  if (fields.is_object()) return holds(member(fields, "value"));
  if (!fields.is_array() || fields.size() > kMaxFields) return false;
  return std::ranges::any_of(fields,
                             [&](const Json& field) { return field.is_object() && holds(member(field, "value")); });
}

/// One answer being looked into.
struct Job {
  Wanted wanted;
  std::string token, viewer;
  TitleId title;
  Instant now;
  Json account = {}, target = {};
  Done<Evidence> done = {};
};
using JobPointer = std::shared_ptr<Job>;

class ActivityPubVerifier final : public Verifier {
 public:
  explicit ActivityPubVerifier(const VerifierNeeds& needs) : network_key_(needs.network_key) {
    if (needs.outbound != nullptr)
      fetch_ = std::make_shared<ActivityPubFetch>(needs.activitypub, *needs.outbound, needs.run);
  }

  policy::Requirement requirement() const override { return policy::Requirement::SocialLike; }
  bool is_for(const policy::Leaf& leaf) const override { return read_leaf(leaf).has_value(); }
  std::string variant() const override { return "activitypub"; }
  std::string lacks() const override { return fetch_ == nullptr ? "a way to ask others" : ""; }
  double trust() const override { return kTargetTrust; }
  std::string calibration() const override {
    return "The viewer writes a token into an account's profile. What that account did is read at the server of what "
           "was "
           "liked, shared or followed (0.7), or, where that one does not show it, at the account's own server, which "
           "could be the viewer's (0.4). Accounts cost little; each counts for one viewer.";
  }

  void start(const ActionContext& context, Done<Challenge> done) override {
    const Wanted wanted = read_leaf(context.leaf).value();
    done(Challenge{.challenge = Json{{"network", "activitypub"},
                                     {"action", wanted.action},
                                     {"target", wanted.target},
                                     {"token", token(context)}}
                                    .dump()});
  }
  void check(const ActionContext& context, const Json& state, const Json& response, Done<Evidence> done) override;

 private:
  std::string token(const ActionContext& context) const {
    const std::string text = "activitypub token " + context.action_id;
    return "swarma-" + to_base64url(crypto::hmac_sha256(network_key_.expose(), view(text))).substr(0, kTokenCharacters);
  }
  void take_account(const JobPointer& job, Result<Json> account) const;
  void ask_target(const JobPointer& job) const;
  void ask_account(const JobPointer& job) const;
  void accept(const JobPointer& job, double trust, const char* by) const;

  const crypto::SecretKey& network_key_;
  std::shared_ptr<ActivityPubFetch> fetch_;
};

void ActivityPubVerifier::check(const ActionContext& context, const Json&, const Json& response, Done<Evidence> done) {
  const JsonReader reader(response, "response");
  const auto only = reader.only({"account"});
  if (!only) return done(std::unexpected(only.error()));
  const auto name = reader.text("account", 512);
  if (!name) return done(std::unexpected(name.error()));
  auto job = std::make_shared<Job>(Job{.wanted = read_leaf(context.leaf).value(),
                                       .token = token(context),
                                       .viewer = context.viewer,
                                       .title = context.title,
                                       .now = context.now});
  job->done = std::move(done);
  fetch_->find(*name, [this, job](Result<Json> account) { take_account(job, std::move(account)); });
}

void ActivityPubVerifier::take_account(const JobPointer& job, Result<Json> account) const {
  if (!account) return job->done(std::unexpected(std::move(account).error()));
  job->account = *std::move(account);
  if (!shows_token(job->account, job->token))
    return job->done(
        fail(ErrorCode::Forbidden, "token_not_shown",
             "The profile of this account does not show the text that proves it is yours. Write it into the "
             "profile, save it, and try again; afterwards it can go."));
  fetch_->find(job->wanted.target, [this, job](Result<Json> target) {
    if (!target) return job->done(std::unexpected(std::move(target).error()));
    job->target = *std::move(target);
    ask_target(job);
  });
}

void ActivityPubVerifier::ask_target(const JobPointer& job) const {
  const Places places = places_of(job->wanted.action);
  const std::string account = id_of(job->account), target = id_of(job->target);
  fetch_->search(member(job->target, places.at_target),
                 {.host = host_of_url(target),
                  .fits =
                      [=](const Json& item) {
                        const bool is_account = !item.is_object() || member(item, "object").is_null();
                        return (is_account && id_of(item) == account) ||
                               is_activity(item, places.activity, account, target);
                      }},
                 [this, job](Result<bool> found) {
                   if (found && *found) return accept(job, kTargetTrust, "target");
                   ask_account(job);
                 });
}

void ActivityPubVerifier::ask_account(const JobPointer& job) const {
  const Places places = places_of(job->wanted.action);
  const std::string account = id_of(job->account), target = id_of(job->target);
  const bool is_outbox = job->wanted.action == "repost";
  fetch_->search(
      member(job->account, places.at_account),
      {.host = host_of_url(account),
       .fits =
           [=](const Json& item) {
             return (!is_outbox && id_of(item) == target) || is_activity(item, places.activity, account, target);
           }},
      [this, job](Result<bool> found) {
        if (found && *found) return accept(job, kAccountTrust, "account");
        if (!found && found.error().code == ErrorCode::Unavailable)
          return job->done(std::unexpected(std::move(found).error()));
        job->done(fail(ErrorCode::Forbidden, "deed_not_found",
                       "Neither server shows that this account did it. Do it with this account, then try again; "
                       "servers that hide such lists cannot be asked."));
      });
}

void ActivityPubVerifier::accept(const JobPointer& job, double trust, const char* by) const {
  const std::string account = account_name(network_key_, job->title, "activitypub\n" + id_of(job->account));
  auto evidence = canonical_json({{"account", account}, {"network", "activitypub"}, {"shown_by", by}});
  if (!evidence) return job->done(std::unexpected(std::move(evidence).error()));
  job->done(Evidence{.evidence = *std::move(evidence),
                     .trust = trust,
                     .claim = [account, viewer = job->viewer, now = job->now](db::Session& session) {
                       return claim_account(session, account, viewer, now);
                     }});
}

}  // namespace

std::unique_ptr<Verifier> make_activitypub_verifier(const VerifierNeeds& needs) {
  return std::make_unique<ActivityPubVerifier>(needs);
}

}  // namespace swarma::access::attest
