#include "access/grant/remote_agents.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <vector>

#include "access/grant/prepared_titles.h"
#include "base/log.h"
#include "base/printable.h"
#include "base/random.h"

namespace swarma::access::grant {
namespace {

using Time = RemoteAgents::Time;
using LineId = RemoteAgents::LineId;

std::unexpected<Error> agent_away() {
  return fail(ErrorCode::Unavailable, "agent_away",
              "The computer that gives out the keys of this title is not connected just now, so nothing new can be "
              "unlocked. What is unlocked already plays on until its keys end. Try again in a little while.",
              std::chrono::seconds(5));
}

std::unexpected<Error> agent_busy() {
  return fail(ErrorCode::Unavailable, "agent_busy",
              "The computer that gives out the keys of this title has more requests than it can answer just now. Try "
              "again in a few seconds.",
              std::chrono::seconds(3));
}

std::unexpected<Error> agent_failed() {
  return fail(ErrorCode::Unavailable, "agent_failed",
              "The computer that gives out the keys of this title gave an answer that cannot be used. Try again in a "
              "little while; if it stays so, tell the creator.",
              std::chrono::seconds(15));
}

/// What an agent may refuse for, and what that means to the viewer. Everything else is a fault of the agent's.
std::optional<ErrorCode> code_of(std::string_view reason) {
  static constexpr std::pair<std::string_view, ErrorCode> kKnown[] = {
      {"path_gives_no_pass", ErrorCode::BadRequest},
      {"holder_proof_bad", ErrorCode::Forbidden},
      {"policy_unmet", ErrorCode::Forbidden},
      {"outside_scope", ErrorCode::Forbidden},
      {"path_unknown", ErrorCode::BadRequest},
      {"not_current_revision", ErrorCode::Conflict},
      {"issuer_not_trusted", ErrorCode::Forbidden},
      {"attestation_forged", ErrorCode::Forbidden},
      {"attestation_expired", ErrorCode::Forbidden},
      {"attestation_wrong_viewer", ErrorCode::Forbidden},
      {"attestation_wrong_title", ErrorCode::Forbidden},
      {"grant_forged", ErrorCode::Forbidden},
      {"grant_wrong_viewer", ErrorCode::Forbidden},
      {"grant_wrong_title", ErrorCode::Forbidden},
      {"grant_old_revision", ErrorCode::Forbidden},
      {"grant_other_policy", ErrorCode::Forbidden},
      {"grant_other_path", ErrorCode::Forbidden},
      {"grant_expired", ErrorCode::Forbidden}};
  const auto* known = std::ranges::find(kKnown, reason, &std::pair<std::string_view, ErrorCode>::first);
  return known == std::end(kKnown) ? std::nullopt : std::optional(known->second);
}

/// What was ordered: a grant that says anything else is not taken.
struct Ordered {
  crypto::Did agent;
  TitleId title;
  std::int64_t revision = 1;
  std::string path;
  SlotRange slots;
  std::vector<std::string> key_groups;
  std::string viewer;
  std::string previous;  // JWS
};

/// Ids go into the database: "<16 bytes>.<12 bytes>", the first being the unlock's.
bool has_proper_ids(const policy::GrantClaims& claims) {
  const auto unlock = parse_base64url(claims.unlock_id);
  if (!unlock || unlock->size() != 16 || !claims.grant_id.starts_with(claims.unlock_id + ".")) return false;
  const auto own = parse_base64url(std::string_view(claims.grant_id).substr(claims.unlock_id.size() + 1));
  return own && own->size() == 12;
}

Result<IssuedGrant> read_grant(const std::string& jws, const Ordered& ordered) {
  SWARMA_TRY(const policy::GrantClaims claims, policy::verify_grant(jws, ordered.agent));
  const auto other = [] { return fail(ErrorCode::Corrupt, "grant_forged", "The grant is not the one ordered."); };
  if (claims.title != ordered.title || claims.revision != ordered.revision || claims.path != ordered.path ||
      claims.slots != ordered.slots || claims.key_groups != ordered.key_groups || claims.viewer != ordered.viewer ||
      !has_proper_ids(claims))
    return other();
  std::string previous_id;
  if (!ordered.previous.empty()) {
    SWARMA_TRY(const policy::GrantClaims previous, policy::verify_grant(ordered.previous, ordered.agent));
    if (previous.unlock_id != claims.unlock_id) return other();
    previous_id = previous.grant_id;
  }
  return IssuedGrant{jws, claims.grant_id, claims.unlock_id, previous_id, claims.expires_at, claims.unlock_until};
}

Result<IssuedGrant> read_answer(const AnswerMessage& answer, const Ordered& ordered) {
  if (!answer.grant.empty()) {
    auto issued = read_grant(answer.grant, ordered);
    if (issued) return issued;
    log::warning("agent_failed", {{"agent", ordered.agent.text()}, {"reason", issued.error().reason}});
    return agent_failed();
  }
  if (const auto code = code_of(answer.reason)) return fail(*code, answer.reason, printable(answer.message));
  log::warning("agent_failed", {{"agent", ordered.agent.text()}, {"reason", printable(answer.reason)}});
  return agent_failed();
}

struct OrderedPass {
  std::shared_ptr<const PreparedTitle> title;
  std::string path, holder, pass_id;
  pass::StatusEntry status;
  Instant now;
};

Result<std::string> read_pass(const std::string& jws, const OrderedPass& ordered) {
  const policy::Path* path = ordered.title->policy.find_path(ordered.path);
  if (path == nullptr || !path->grants.pass) return agent_failed();
  const policy::PassTerms& terms = *path->grants.pass;
  const title::TitleRecord& record = ordered.title->record;
  SWARMA_TRY(const pass::Pass given, pass::verify_pass(jws, {.issuer_jkt = ordered.title->creator_jkt,
                                                             .holder = ordered.holder,
                                                             .title = record.id,
                                                             .tier = terms.tier,
                                                             .now = ordered.now}));
  const std::vector<TitleId> titles = terms.this_title_only ? std::vector{record.id} : std::vector<TitleId>{};
  if (given.id != ordered.pass_id || given.titles != titles || given.valid_until != Expiry(ordered.now, terms.life) ||
      !given.status || given.status->list != ordered.status.list || given.status->index != ordered.status.index ||
      !(given.status->signer == ordered.status.signer))
    return fail(ErrorCode::Forbidden, "pass_forged", "The pass is not the one ordered.");
  return jws;
}

Result<std::string> read_pass_answer(const AnswerMessage& answer, const OrderedPass& ordered) {
  if (!answer.pass.empty()) {
    auto given = read_pass(answer.pass, ordered);
    if (given) return given;
    log::warning("agent_failed", {{"title", ordered.title->record.id.text()}, {"reason", given.error().reason}});
    return agent_failed();
  }
  if (const auto code = code_of(answer.reason)) return fail(*code, answer.reason, printable(answer.message));
  log::warning("agent_failed", {{"title", ordered.title->record.id.text()}, {"reason", printable(answer.reason)}});
  return agent_failed();
}

struct Order {
  std::string text;  // the message, to be sent to another line if need be
  crypto::Did agent;
  /// Takes the answer, or why there is none. Called once, without the lock.
  std::move_only_function<void(Result<AnswerMessage>)> settle;
  LineId line = 0;
  Time sent{}, deadline{};
  bool moved = false;
};
using Orders = std::map<std::string, Order>;  // by id

struct Line {
  std::shared_ptr<AgentLine> wire;
  std::optional<title::KeyAgentRef> agent;  // once proven
  Time opened{};
  std::size_t orders = 0, bytes = 0;  // under way
  std::size_t missed = 0;             // answers in a row that did not come in time
};

}  // namespace

struct RemoteAgents::Impl {
  const std::function<Time()> now;
  const AgentLimits limits;
  mutable std::mutex mutex{};
  std::map<LineId, Line> lines{};
  Orders orders{};
  std::size_t bytes = 0;  // of all orders
  LineId last_line = 0;

  enum class Sent { Yes, Away, Busy };
  Sent send(Order& order, const std::string& id, LineId but_not = 0);
  void let_go(LineId line, std::size_t bytes);
  void put(const std::string& id, Order order);
  std::optional<Order> take(const std::string& id, LineId line);
};

/// To the line of the order's agent that seems best: those that keep answering first, then those with fewest orders.
RemoteAgents::Impl::Sent RemoteAgents::Impl::send(Order& order, const std::string& id, LineId but_not) {
  std::vector<std::pair<LineId, Line*>> candidates;
  bool busy = false;
  for (auto& [line_id, line] : lines) {
    if (line_id == but_not || !line.agent || !(line.agent->signer == order.agent)) continue;
    if (line.orders >= limits.orders_per_line || line.bytes + order.text.size() > limits.bytes_per_line)
      busy = true;
    else
      candidates.emplace_back(line_id, &line);
  }
  std::ranges::sort(candidates, {}, [](const auto& one) { return std::pair(one.second->missed, one.second->orders); });
  for (const auto& [line_id, line] : candidates) {
    if (!line->wire->send(order.text)) continue;  // it will be closed in a moment
    ++line->orders;
    line->bytes += order.text.size();
    order.line = line_id;
    order.sent = now();
    log::debug("agent_order", {{"id", id}, {"line", line_id}});
    return Sent::Yes;
  }
  return busy ? Sent::Busy : Sent::Away;
}

void RemoteAgents::Impl::let_go(LineId id, std::size_t order_bytes) {
  const auto line = lines.find(id);
  if (line == lines.end()) return;
  --line->second.orders;
  line->second.bytes -= order_bytes;
}

std::optional<Order> RemoteAgents::Impl::take(const std::string& id, LineId line) {
  const auto found = orders.find(id);
  if (found == orders.end() || found->second.line != line) return std::nullopt;
  let_go(line, found->second.text.size());
  bytes -= found->second.text.size();
  std::optional<Order> order(std::move(found->second));
  orders.erase(found);
  return order;
}

void RemoteAgents::Impl::put(const std::string& id, Order order) {
  Sent sent = Sent::Busy;
  {
    const std::lock_guard lock(mutex);
    order.deadline = now() + limits.deadline;
    if (order.text.size() <= kMaxAgentMessage && bytes + order.text.size() <= limits.bytes) sent = send(order, id);
    if (sent == Sent::Yes) {
      bytes += order.text.size();
      orders.emplace(id, std::move(order));
    }
  }
  if (sent == Sent::Away) order.settle(agent_away());
  if (sent == Sent::Busy) order.settle(agent_busy());
}

RemoteAgents::RemoteAgents(std::function<Time()> now, AgentLimits limits)
    : impl_(new Impl{.now = std::move(now), .limits = limits}) {}
RemoteAgents::~RemoteAgents() = default;

Result<LineId> RemoteAgents::open(std::shared_ptr<AgentLine> line) {
  const std::lock_guard lock(impl_->mutex);
  if (impl_->lines.size() >= impl_->limits.lines)
    return fail(ErrorCode::TooMany, "too_many_agents", "This node has as many key agents as it can take.",
                std::chrono::seconds(60));
  impl_->lines[++impl_->last_line] = {.wire = std::move(line), .agent = {}, .opened = impl_->now()};
  return impl_->last_line;
}

Result<void> RemoteAgents::prove(LineId line, const title::KeyAgentRef& agent) {
  const std::lock_guard lock(impl_->mutex);
  const auto count = std::ranges::count_if(
      impl_->lines, [&](const auto& one) { return one.second.agent && one.second.agent->signer == agent.signer; });
  if (static_cast<std::size_t>(count) >= impl_->limits.lines_per_agent)
    return fail(ErrorCode::TooMany, "too_many_agents",
                "This key agent has " + std::to_string(count) + " lines to this node already, and that is enough.",
                std::chrono::seconds(60));
  if (const auto found = impl_->lines.find(line); found != impl_->lines.end()) found->second.agent = agent;
  return {};
}

void RemoteAgents::answer(LineId line, const AnswerMessage& answer) {
  std::optional<Order> order;
  {
    const std::lock_guard lock(impl_->mutex);
    order = impl_->take(answer.id, line);
    if (const auto found = impl_->lines.find(line); order && found != impl_->lines.end()) found->second.missed = 0;
  }
  if (order) order->settle(answer);
}

void RemoteAgents::close(LineId line) {
  std::vector<Order> lost;
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->lines.erase(line);
    for (auto it = impl_->orders.begin(); it != impl_->orders.end();) {
      if (it->second.line != line || impl_->send(it->second, it->first) == Impl::Sent::Yes) {
        ++it;
        continue;
      }
      impl_->bytes -= it->second.text.size();
      lost.push_back(std::move(it->second));
      it = impl_->orders.erase(it);
    }
  }
  for (Order& order : lost) order.settle(agent_away());
}

void RemoteAgents::look() {
  std::vector<Order> late;
  std::vector<std::shared_ptr<AgentLine>> unproven;
  {
    const std::lock_guard lock(impl_->mutex);
    const Time now = impl_->now();
    for (auto& [id, line] : impl_->lines)
      if (!line.agent && now - line.opened >= impl_->limits.proof_wait) unproven.push_back(line.wire);
    for (auto it = impl_->orders.begin(); it != impl_->orders.end();) {
      Order& order = it->second;
      if (now >= order.deadline) {
        impl_->let_go(order.line, order.text.size());
        impl_->bytes -= order.text.size();
        late.push_back(std::move(order));
        it = impl_->orders.erase(it);
        continue;
      }
      if (!order.moved && now - order.sent >= impl_->limits.silence) {
        order.moved = true;
        if (const auto line = impl_->lines.find(order.line); line != impl_->lines.end()) ++line->second.missed;
        const LineId before = order.line;
        if (impl_->send(order, it->first, before) == Impl::Sent::Yes) impl_->let_go(before, order.text.size());
      }
      ++it;
    }
  }
  for (const auto& wire : unproven) wire->close("agent_proof_bad");
  for (Order& order : late) order.settle(agent_busy());
}

bool RemoteAgents::is_here(const title::KeyAgentRef& agent) const {
  const std::lock_guard lock(impl_->mutex);
  return std::ranges::any_of(
      impl_->lines, [&](const auto& one) { return one.second.agent && one.second.agent->signer == agent.signer; });
}

void RemoteAgents::issue(const GrantOrder& order, KeyAgent::Done done) {
  const std::string id = to_base64url(random_array<16>());
  OrderMessage message{.id = id,
                       .record = *order.record,
                       .sealed = *order.sealed,
                       .request = std::string(order.body),
                       .proof = std::string(order.proof),
                       .now = order.facts.now,
                       .country = order.facts.country,
                       .uses = {}};
  if (const auto use = order.facts.uses.find(order.path); use != order.facts.uses.end()) message.uses = use->second;
  Ordered ordered{.agent = order.agent->signer,
                  .title = order.title,
                  .revision = order.revision,
                  .path = order.path,
                  .slots = order.slots,
                  .key_groups = order.key_groups,
                  .viewer = order.viewer,
                  .previous = order.previous};
  impl_->put(id,
             {.text = write_message(FromFabric(std::move(message))),
              .agent = order.agent->signer,
              .settle = [ordered = std::move(ordered), done = std::move(done)](Result<AnswerMessage> answer) mutable {
                done(answer ? read_answer(*answer, ordered) : std::unexpected(answer.error()));
              }});
}

void RemoteAgents::issue_pass(const PassOrder& order, PassAgent::Done done) {
  auto title = prepare_title({*order.record, {}});
  if (!title) return done(std::unexpected(std::move(title).error()));
  OrderedPass ordered{.title = *std::move(title),
                      .path = order.path,
                      .holder = order.holder,
                      .pass_id = order.pass_id,
                      .status = order.status,
                      .now = order.facts.now};
  const crypto::Did agent = ordered.title->record.agent.signer;
  const std::string id = to_base64url(random_array<16>());
  PassOrderMessage message{.id = id,
                           .record = *order.record,
                           .request = std::string(order.body),
                           .proof = std::string(order.proof),
                           .now = order.facts.now,
                           .uses = {},
                           .pass_id = order.pass_id,
                           .status = order.status};
  if (const auto use = order.facts.uses.find(order.path); use != order.facts.uses.end()) message.uses = use->second;
  impl_->put(id,
             {.text = write_message(FromFabric(std::move(message))),
              .agent = agent,
              .settle = [ordered = std::move(ordered), done = std::move(done)](Result<AnswerMessage> answer) mutable {
                done(answer ? read_pass_answer(*answer, ordered) : std::unexpected(answer.error()));
              }});
}

void ChosenPassAgent::issue_pass(const PassOrder& order, Done done) {
  auto record = title::verify_record(*order.record);
  if (!record) return done(std::unexpected(std::move(record).error()));
  if (record->creator == own_) return local_.issue_pass(order, std::move(done));
  remote_.issue_pass(order, [run = run_, done = std::move(done)](Result<std::string> pass) mutable {
    run([done = std::move(done), pass = std::move(pass)]() mutable { done(std::move(pass)); });
  });
}

RemoteAgents::Counts RemoteAgents::counts() const {
  const std::lock_guard lock(impl_->mutex);
  const auto proven = std::ranges::count_if(impl_->lines, [](const auto& one) { return one.second.agent.has_value(); });
  return {static_cast<std::uint64_t>(proven), impl_->orders.size()};
}

}  // namespace swarma::access::grant
