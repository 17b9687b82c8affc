#include "access/unlock/unlock.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "access/unlock/elsewhere.h"
#include "access/unlock/plan.h"
#include "access/unlock/requirements.h"
#include "client/node.h"

namespace swarma::access::unlock {
namespace {

constexpr std::size_t kMaxGrantText = policy::kMaxGrantBytes;

// Somebody waits for the film: a node in trouble is asked twice more, and not waited for longer each time.
constexpr client::Patience kPatience{.attempts = 3, .longest_pause = std::chrono::seconds(5)};
// So often a film that plays asks for further keys while its key agent is away: each time takes what kPatience does.
constexpr int kTriesWhileAway = 12;
// Between two questions whether a payment lies deep enough.
constexpr client::Patience kBetween{
    .attempts = 2, .first_pause = std::chrono::seconds(2), .longest_pause = std::chrono::seconds(120)};

}  // namespace

struct Unlocker::Impl {
  net::HttpClient& http;
  client::Node node;
  const Clock& clock;
  Viewer viewer;
  title::TitleRecord record;
  std::map<std::string, policy::ResolvedTerms> terms;           // of the last offer, by path id: for renew()
  std::function<void(const std::string&)> on_wait;              // Answers::on_wait of the unlock
  Places places;                                                // of the last offer
  std::map<std::string, std::unique_ptr<client::Node>> others;  // by address

  std::optional<double> cost_of(const policy::OfferedLeaf& offered, const Answers& answers,
                                const std::set<std::string>& refused) const;
  Result<std::string> meet(const policy::Leaf& leaf, const Answers& answers);
  Result<Json> answer(const policy::Leaf& leaf, const std::string& action, const Json& challenge,
                      const Answers& answers);
  Result<Json> complete(const policy::Leaf& leaf, const std::string& action, Json response, const Answers& answers);
  static bool wait_for_others(policy::Requirement requirement, const Error& error, const Answers& answers);
  client::Node& verifier_of(const policy::Leaf& leaf);
  Result<std::string> fetch_record();
  Result<Unlocked> request(const std::string& path, const policy::ResolvedTerms& path_terms, Slot first_slot,
                           const char* how, Json proof);
  Result<Json> ask_for_keys(const Json& body);
  std::unexpected<Error> cannot_meet(const std::vector<policy::OfferedPath>& paths, const Answers& answers,
                                     Slot first_slot) const;
};

std::optional<double> Unlocker::Impl::cost_of(const policy::OfferedLeaf& offered, const Answers& answers,
                                              const std::set<std::string>& refused) const {
  const Method* method = find_method(offered.leaf.requirement);
  if (method == nullptr || refused.contains(offered.leaf.key)) return std::nullopt;
  const auto params = parse_json(offered.leaf.params);
  return params ? method->cost(*params, answers) : std::nullopt;
}

Result<Json> Unlocker::Impl::answer(const policy::Leaf& leaf, const std::string& action, const Json& challenge,
                                    const Answers& answers) {
  const auto declined = [&] {
    return fail(ErrorCode::Forbidden, "declined", policy::describe_leaf(leaf) + " This was declined.");
  };
  const Method* method = find_method(leaf.requirement);
  if (method == nullptr)
    return fail(ErrorCode::Unsupported, "requirement_unsupported",
                policy::describe_leaf(leaf) + " This program cannot do that.");
  if (method->prepare != nullptr) {
    SWARMA_TRY(const bool ready, method->prepare(challenge, answers, [&](const Json& message) -> Result<Json> {
      SWARMA_TRY(const Json answered,
                 verifier_of(leaf).post("/v1/actions/continue", {{"action_id", action}, {"message", message}}));
      SWARMA_TRY(const Json* reply, JsonReader(answered, "node's answer").object("reply"));
      return *reply;
    }));
    if (!ready) return declined();
  }
  SWARMA_TRY(const Json params, parse_json(leaf.params));
  SWARMA_TRY(std::optional<Json> response, method->answer(params, challenge, answers));
  if (!response) return declined();
  return *std::move(response);
}

/// With further responses for as long as the viewer has some, and again while the node waits for somebody else. What a
/// viewer paid is not given up because a node of the chain is away.
Result<Json> Unlocker::Impl::complete(const policy::Leaf& leaf, const std::string& action, Json response,
                                      const Answers& answers) {
  const Method* method = find_method(leaf.requirement);
  for (;;) {
    Result<Json> completed =
        verifier_of(leaf).post("/v1/actions/complete", {{"action_id", action}, {"response", response}});
    if (completed) return completed;
    if (method->retry != nullptr) {
      std::optional<Json> other = method->retry(completed.error(), answers);
      if (!other) return completed;
      response = *std::move(other);
    } else if (!wait_for_others(leaf.requirement, completed.error(), answers)) {
      return completed;
    }
  }
}

/// Whether the same response is worth sending again, once it is time.
bool Unlocker::Impl::wait_for_others(policy::Requirement requirement, const Error& error, const Answers& answers) {
  const bool is_unknown = requirement == policy::Requirement::CryptoPayment && error.code == ErrorCode::Unavailable;
  if ((error.reason != "not_yet" && !is_unknown) || !answers.on_waiting || !answers.on_waiting(error.message))
    return false;
  return client::Attempts(kBetween).wait(error.retry_after);
}

client::Node& Unlocker::Impl::verifier_of(const policy::Leaf& leaf) {
  const auto place = places.find(leaf.key);
  if (place == places.end() || place->second.empty()) return node;
  auto& other = others[place->second];
  if (!other)
    other = std::make_unique<client::Node>(
        http, client::NodeOptions{.url = place->second, .token = {}, .patience = kPatience}, viewer.signing, clock);
  return *other;
}

/// As it was signed, for a node that does not have the title.
Result<std::string> Unlocker::Impl::fetch_record() {
  SWARMA_TRY(const auto response, node.send_plain("GET", "/v1/titles/" + record.id.text()));
  SWARMA_TRY(const Json body, parse_json(response.body));
  return JsonReader(body, "node's answer").text("record", title::kMaxRecordBytes);
}

/// Start, answer, complete: gives the attestation.
Result<std::string> Unlocker::Impl::meet(const policy::Leaf& leaf, const Answers& answers) {
  client::Node& verifier = verifier_of(leaf);
  Json order = {
      {"title_id", record.id.text()}, {"requirement", policy::to_string(leaf.requirement)}, {"key", leaf.key}};
  if (&verifier != &node) {
    SWARMA_TRY(order["record"], fetch_record());
  }
  SWARMA_TRY(const Json started, verifier.post("/v1/actions/start", order));
  const JsonReader start(started, "node's answer");
  SWARMA_TRY(const std::string action, start.text("action_id", 128));
  SWARMA_TRY(const Json* challenge, start.object("challenge"));
  SWARMA_TRY(Json response, answer(leaf, action, *challenge, answers));
  SWARMA_TRY(const Json completed, complete(leaf, action, std::move(response), answers));
  return JsonReader(completed, "node's answer").text("attestation", 16 * 1024);
}

Result<Unlocked> Unlocker::Impl::request(const std::string& path, const policy::ResolvedTerms& path_terms,
                                         Slot first_slot, const char* how, Json proof) {
  const Slot room = path_terms.slots.end - first_slot;
  const SlotRange slots{first_slot, first_slot + std::min(room, path_terms.window_slots)};
  Json body = {{"title_id", record.id.text()},
               {"revision", record.revision},
               {"path", path},
               {"slots", {slots.begin, slots.end}},
               {"key_groups", path_terms.key_groups},
               {"encryption_key", viewer.decryption.encryption_key().jwk()}};
  body[how] = std::move(proof);
  SWARMA_TRY(const Json answer, ask_for_keys(body));
  SWARMA_TRY(const std::string grant, JsonReader(answer, "node's answer").text("grant", kMaxGrantText));
  SWARMA_TRY(Unlocked unlocked, open_grant(grant, record, viewer, clock.now()));
  if (unlocked.grant.slots != slots || unlocked.grant.path != path ||
      unlocked.grant.key_groups != path_terms.key_groups)
    return fail(ErrorCode::Corrupt, "grant_forged",
                "The grant is for other slots, key groups or another path than were asked for.");
  return unlocked;
}

/// Whoever unlocks hears at once that the agent is away; whoever watches waits for it.
Result<Json> Unlocker::Impl::ask_for_keys(const Json& body) {
  const int tries = body.contains("unlock") ? kTriesWhileAway : 1;
  for (int made = 1;; ++made) {
    auto answer = node.post("/v1/keys/request", body);
    if (answer || made == tries || answer.error().reason != "agent_away") return answer;
    if (made == 1 && on_wait) on_wait(answer.error().message);
  }
}

std::unexpected<Error> Unlocker::Impl::cannot_meet(const std::vector<policy::OfferedPath>& paths,
                                                   const Answers& answers, Slot first_slot) const {
  std::string message;
  for (const auto& path : paths) {
    if (!answers.path.empty() && path.id != answers.path) continue;
    message += (message.empty() ? "" : " ") + std::string("Path \"") + path.id + "\"";
    if (!path.terms.slots.contains(first_slot)) {
      message += " does not open slot " + std::to_string(first_slot) + ".";
      continue;
    }
    message += " asks:";
    std::set<std::string> named;
    for (const auto& leaf : path.leaves)
      if ((!leaf.available || !cost_of(leaf, answers, {})) && named.insert(leaf.leaf.key).second)
        message +=
            " " + policy::describe_leaf(leaf.leaf) + (leaf.available ? "" : " (The node has no verifier for it.)");
  }
  if (message.empty()) message = "The title has no path called \"" + answers.path + "\".";
  return fail(ErrorCode::Forbidden, "cannot_meet", "No way to unlock could be met. " + message);
}

Unlocker::Unlocker(net::HttpClient& http, std::string node_url, const Clock& clock, Viewer viewer,
                   title::TitleRecord record)
    : impl_(new Impl{http,
                     {http, {.url = std::move(node_url), .token = {}, .patience = kPatience}, viewer.signing, clock},
                     clock,
                     viewer,
                     std::move(record),
                     {},
                     {},
                     {},
                     {}}) {}
Unlocker::~Unlocker() = default;

Result<std::vector<policy::OfferedPath>> Unlocker::offer() {
  SWARMA_TRY(const Json answer, impl_->node.post("/v1/requirements/offer", {{"title_id", impl_->record.id.text()}}));
  const JsonReader reader(answer, "node's offer");
  SWARMA_TRY(const std::int64_t revision, reader.integer("revision", 1, std::int64_t{1} << 50));
  SWARMA_TRY(const std::string hash, reader.text("policy_hash", 64));
  if (revision != impl_->record.revision || hash != title::policy_hash(impl_->record.policy))
    return fail(ErrorCode::Conflict, "not_current_revision",
                "The node offers another revision of this title: load its record again.");
  SWARMA_TRY(const Json* json, reader.array("paths", policy::kMaxPaths));
  SWARMA_TRY(const auto offered, policy::parse_offer_paths(*json));
  // The terms are those the creator signed; the node only says what it has verifiers for, and who else has.
  SWARMA_TRY(const auto policy, policy::parse_policy_text(impl_->record.policy));
  impl_->places = find_places(impl_->node, policy, offered);
  const policy::TitleShape shape{impl_->record.slots, impl_->record.duration_ms, impl_->record.key_groups};
  SWARMA_TRY(auto paths, policy::parse_offer_paths(policy::offer_paths(policy, shape, [&](const policy::Leaf& leaf) {
               return impl_->places.contains(leaf.key);
             })));
  impl_->terms.clear();
  for (const auto& path : paths) impl_->terms[path.id] = path.terms;
  return paths;
}

Result<Unlocked> Unlocker::unlock(const Answers& answers, Slot first_slot) {
  impl_->on_wait = answers.on_wait;
  SWARMA_TRY(const auto paths, offer());
  std::set<std::string> refused;              // leaves the viewer was asked about and declined
  std::map<std::string, std::string> proven;  // attestations by leaf key
  for (;;) {
    const auto plan = choose_plan(paths, first_slot, answers.path, [&](const policy::OfferedLeaf& leaf) {
      return proven.contains(leaf.leaf.key) ? std::optional(0.0) : impl_->cost_of(leaf, answers, refused);
    });
    if (!plan) return impl_->cannot_meet(paths, answers, first_slot);
    bool again = false;
    Json attestations = Json::array();
    for (const policy::Leaf& leaf : plan->leaves) {
      if (!proven.contains(leaf.key)) {
        auto met = impl_->meet(leaf, answers);
        if (!met && met.error().reason == "declined") {
          refused.insert(leaf.key);
          again = true;
          break;
        }
        if (!met) return std::unexpected(std::move(met).error());
        proven[leaf.key] = *std::move(met);
      }
      attestations.push_back(proven[leaf.key]);
    }
    if (!again)
      return impl_->request(plan->path->id, plan->path->terms, first_slot, "attestations", std::move(attestations));
  }
}

Result<Unlocked> Unlocker::renew(const Unlocked& unlocked, Slot first_slot) {
  if (impl_->terms.empty()) SWARMA_RETURN_IF_ERROR(offer());
  const auto terms = impl_->terms.find(unlocked.grant.path);
  if (terms == impl_->terms.end() || !terms->second.slots.contains(first_slot))
    return fail(ErrorCode::Forbidden, "outside_scope",
                "What was unlocked does not reach slot " + std::to_string(first_slot) + ".");
  SWARMA_TRY(Unlocked further,
             impl_->request(unlocked.grant.path, terms->second, first_slot, "unlock", unlocked.grant_jws));
  if (further.grant.unlock_id != unlocked.grant.unlock_id)
    return fail(ErrorCode::Corrupt, "grant_forged",
                "The further grant does not belong to the unlock it was asked for.");
  return further;
}

}  // namespace swarma::access::unlock
