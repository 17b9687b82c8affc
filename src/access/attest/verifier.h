// A verifier checks that viewers meet one requirement: it sets a challenge, checks the answer, and says how far to
// trust it. Each is one .cpp file, listed in verifiers.cpp.
//
// Implementations are safe for concurrent use and keep nothing in memory that another node on the same database would
// miss: what must be remembered between start and check travels in `state`, what is counted is counted in the database.
// Most answer at once (PromptVerifier); one that asks somebody outside answers later and holds no thread meanwhile.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "access/attest/activitypub_options.h"
#include "access/attest/mail_budget.h"
#include "access/attest/nostr_options.h"
#include "access/attest/oauth_options.h"
#include "access/attest/payment_options.h"
#include "access/policy/policy.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/json.h"
#include "crypto/secret.h"
#include "db/database.h"
#include "net/mail.h"
#include "net/outbound.h"

namespace swarma::access::attest {

inline constexpr std::chrono::minutes kActionLife{30};    // a hard puzzle on a phone takes minutes
inline constexpr std::chrono::hours kAttestationLife{1};  // longer than an action, so that the first of several lasts

/// Called once, from any thread that may wait for the database.
template <class T>
using Done = std::move_only_function<void(Result<T>)>;

/// Where an answer comes from, and how long ours to it has to be held back.
struct Guest {
  std::string network;  // network_of() its address
  std::chrono::seconds hold{0};
};

struct ActionContext {
  std::string action_id;
  TitleId title;
  std::string creator_jkt;  // of the title
  std::string viewer;       // jkt
  policy::Leaf leaf;
  Instant now;
  /// An unguessable text that leads somebody else to this action (POST /v1/actions/return/{key}): a mail's link, a
  /// wallet, a provider's redirect. Known in start() only, and only its hash is kept.
  std::string return_key = {};
  std::string base_url = {};          // scheme://host[:port] of this node as the viewer sees it; start() only
  std::int64_t tries = 0;             // check() only: answers so far, this one among them
  std::shared_ptr<Guest> guest = {};  // null: not known, as in tests and between nodes
};

/// A challenge for the viewer and what the verifier remembers about it. Both are JSON texts.
struct Challenge {
  std::string challenge;
  std::string state = "{}";
  bool returns = false;  // somebody may come by the return key
  std::chrono::seconds life = kActionLife;
};

/// What came between start and check, taken.
struct Noted {
  std::string state;         // the new one
  std::string reply = "{}";  // JSON text for whoever sent the message
};

/// An accepted answer.
struct Evidence {
  std::string evidence = "{}";  // canonical JSON, opaque, no personal data beyond need
  double trust = 0;
  /// Runs inside the transaction that issues the attestation: counts what may be used only so often. May be empty.
  std::function<Result<void>(db::Session&)> claim = {};
  /// Runs after it, in the same transaction: notes what may turn out to be untrue later. May be empty.
  std::function<Result<void>(db::Session&, const std::string& attestation_id)> remember = {};
  /// Of the attestation: longer for what a viewer paid for.
  std::chrono::seconds life = kAttestationLife;
  /// What the answer rests on, if that can be taken back later ("pass:<id>", "evm:1:0x…:0"): then the unlocks that were
  /// made of it end (Broker::revoke_basis). At most kMaxBasisBytes of visible ASCII; empty: nothing.
  std::string basis = {};
  /// When what it rests on ends: no unlock made of it lasts longer. Absent: it does not end.
  std::optional<Expiry> until = {};
};

class Verifier {
 public:
  virtual ~Verifier() = default;
  virtual policy::Requirement requirement() const = 0;
  /// Which leaves of the requirement it is for, where several verifiers share one: by method, network, kind of token.
  virtual bool is_for(const policy::Leaf&) const { return true; }
  /// A short name for the list of verifiers where several share a requirement ("nostr"); empty: the only one.
  virtual std::string variant() const { return {}; }
  /// What the operator would have to give before it can work, as in "a mail server: …"; empty: nothing, it works.
  virtual std::string lacks() const { return {}; }
  /// The trust an accepted answer carries, 0..1, and in a sentence how that number was arrived at.
  virtual double trust() const = 0;
  virtual std::string calibration() const = 0;

  virtual void start(const ActionContext& context, Done<Challenge> done) = 0;
  /// A message that comes before the answer: from the viewer (actions/continue), or by the return key, then as
  /// {"returned":{name: text}}. Of two at once on one state only one is taken; the other is told to come again.
  virtual void note(const ActionContext& context, const Json& state, const Json& message, Done<Noted> done);
  /// Forbidden with a distinct reason for a wrong answer (it may be tried again); TooMany when no further try is
  /// allowed. Conflict "not_yet" (with retry_after) for what is under way, and Unavailable for what cannot be known
  /// right now, count as no try.
  virtual void check(const ActionContext& context, const Json& state, const Json& response, Done<Evidence> done) = 0;
  /// Looks again at what was attested and may not hold any more. Called about once a minute, from a thread that may
  /// wait for the database; returns soon.
  virtual void tend(Instant) {}
  /// Ends what waits outside: each done is called. Nothing is asked of it afterwards.
  virtual void stop() {}
};

/// A verifier that asks nobody outside.
class PromptVerifier : public Verifier {
 public:
  virtual Result<Challenge> challenge(const ActionContext& context) = 0;
  virtual Result<Noted> take(const ActionContext& context, const Json& state, const Json& message);
  virtual Result<Evidence> judge(const ActionContext& context, const Json& state, const Json& response) = 0;

  void start(const ActionContext& context, Done<Challenge> done) final { done(challenge(context)); }
  void note(const ActionContext& context, const Json& state, const Json& message, Done<Noted> done) final {
    done(take(context, state, message));
  }
  void check(const ActionContext& context, const Json& state, const Json& response, Done<Evidence> done) final {
    done(judge(context, state, response));
  }
};

/// What verifiers may need; the references outlive them.
struct VerifierNeeds {
  db::Database& database;                // with the migrations of this module
  const crypto::SecretKey& network_key;  // the same on all nodes of the database
  /// Runs work on a thread that may wait for the database: how one that waited outside comes back.
  std::function<void(std::move_only_function<void()>)> run = {};
  net::Outbound* outbound = nullptr;     // how to ask somebody outside; null: nobody can be asked
  net::Mailer* mailer = nullptr;         // null: no mail can be sent
  std::vector<OauthAdapter> oauth = {};  // platforms that viewers may sign in to
  ActivityPubOptions activitypub = {};
  /// Ends what was made of something that turned out to be untrue (Evidence::basis).
  std::function<Result<void>(db::Session&, const std::string& basis)> take_back = {};
  MailBudget mails = {};
  PaymentOptions payment = {};
  NostrOptions nostr = {};
};

/// One verifier for each thing that a node can check.
std::vector<std::unique_ptr<Verifier>> make_verifiers(const VerifierNeeds& needs);

/// Leading zero bits of SHA-256(seed ‖ ":" ‖ decimal solution): what a puzzle asks for.
int puzzle_bits(std::string_view seed, std::string_view solution);

}  // namespace swarma::access::attest
