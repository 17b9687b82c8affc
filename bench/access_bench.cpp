// Key requests without HTTP: the broker, the agent, every check, signature and seal, on a SQLite file. One puzzle
// attestation per request, each by a viewer of its own; the attestations are made before the clock runs.
#include <benchmark/benchmark.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "access/attest/attestation.h"
#include "access/grant/broker.h"
#include "access/grant/broker_testing.h"
#include "access/grant/title_testing.h"
#include "access/pass/pass_book.h"
#include "crypto/dpop.h"
#include "crypto/hash.h"
#include "once/tables.h"

namespace {

using namespace swarma;
using namespace swarma::access;

constexpr std::string_view kPolicy =
    R"({"version":1,"paths":[{"id":"p","requires":{"requirement":"puzzle_solve","params":{"algorithm":"sha256","difficulty":18}}}]})";
constexpr const char* kUrl = "http://127.0.0.1/v1/keys/request";

template <class T>
T must(Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "%s\n", result.error().message.c_str());
    std::abort();
  }
  return std::move(*result);
}

struct Prepared {
  grant::KeyRequest request;
  std::string proof;  // DPoP
  std::string body_digest;
};

/// A node's access plane on a fresh database file.
struct Node {
  Node() {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    database = must(db::Database::open("sqlite:" + (folder / "bench.sqlite").string()));
    for (const auto list : {pass::migrations(), attest::migrations(), grant::migrations(), once::migrations()})
      if (!database->migrate(list)) std::abort();
    source.put(title);
    broker = std::make_unique<grant::Broker>(grant::Broker::Needs{.database = *database,
                                                                  .clock = clock,
                                                                  .titles = titles,
                                                                  .agent = agent,
                                                                  .own_issuers = {verifier.did().text()},
                                                                  .run = grant::testing::run_here});
  }
  ~Node() { std::filesystem::remove_all(folder); }

  Prepared prepare(bool counted) {
    const auto viewer = crypto::SigningKey::generate();
    const auto keys = crypto::DecryptionKey::generate();
    const policy::Leaf leaf = policy::parse_policy_text(kPolicy)->paths()[0].leaves[0];
    const attest::Attestation attestation{.id = to_base64url(random_array<16>()),
                                          .issuer = verifier.did(),
                                          .subject = viewer.jkt(),
                                          .title = title.record.id,
                                          .requirement = leaf.requirement,
                                          .params = leaf.params,
                                          .key = leaf.key,
                                          .evidence = R"({"seed":"s","solution":"1"})",
                                          .trust = 1,
                                          .issued_at = clock.now(),
                                          .expires_at = Expiry(clock.now(), std::chrono::minutes(15)),
                                          .nonce = to_base64url(random_array<16>())};
    grant::KeyRequest request{.title = title.record.id,
                              .revision = 1,
                              .path = "p",
                              .slots = {0, 100},
                              .key_groups = {"hd", "sd"},
                              .encryption_key = keys.encryption_key(),
                              .attestations = {must(attest::sign_attestation(attestation, verifier))},
                              .unlock = {},
                              .viewer = viewer.jkt(),
                              .country = {},
                              .proof = {},
                              .idempotency = {}};
    // As Actions::complete leaves it.
    must(database->execute(
        "INSERT INTO attestations (issuer, attestation_id, title_id, subject, creator_jkt, digest, expires_at) "
        "VALUES ($1, $2, $3, $4, '', $5, $6)",
        {attestation.issuer.text(), attestation.id, attestation.title.text(), attestation.subject,
         attest::attestation_digest(request.attestations[0]), attestation.expires_at.unix_s()}));
    const std::string digest = to_base64url(crypto::sha256(view(viewer.jkt())));
    if (counted)
      request.idempotency = once::IdempotencyKey{viewer.jkt(), "POST /v1/keys/request", viewer.jkt(), digest};
    return {std::move(request),
            crypto::make_dpop_proof(viewer, {.method = "POST", .url = kUrl, .body_digest = digest}, clock.now()),
            digest};
  }

  std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("swarma-access-bench-" + to_hex(random_array<4>()));
  FakeClock clock;
  grant::testing::TestCreator creator;
  crypto::SigningKey verifier = crypto::SigningKey::generate();
  grant::testing::TestTitle title = grant::testing::make_test_title(creator, kPolicy);
  grant::testing::SignedTitlesInMemory source;
  grant::PreparedTitles titles{source};
  grant::LocalKeyAgent agent{creator.signing, creator.decryption};
  std::unique_ptr<db::Database> database;
  std::unique_ptr<grant::Broker> broker;
};

constexpr int kRequests = 10'000;

void broker_request(benchmark::State& state) {
  Node node;
  std::vector<Prepared> prepared;
  for (int i = 0; i < kRequests; ++i) prepared.push_back(node.prepare(false));
  std::size_t next = 0;
  for (auto _ : state)
    if (!grant::testing::ask_one(*node.broker, std::move(prepared.at(next++).request))) state.SkipWithError("refused");
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(broker_request)->Iterations(kRequests)->Unit(benchmark::kMicrosecond);

/// With what the api layer adds: the DPoP proof is verified and recorded, the answer kept under its Idempotency-Key.
void proven_request(benchmark::State& state) {
  Node node;
  std::vector<Prepared> prepared;
  for (int i = 0; i < kRequests; ++i) prepared.push_back(node.prepare(true));
  std::size_t next = 0;
  for (auto _ : state) {
    Prepared& one = prepared.at(next++);
    const auto proof = crypto::verify_dpop_proof(
        one.proof, {.method = "POST", .url = kUrl, .body_digest = one.body_digest}, node.clock.now());
    if (!proof) return state.SkipWithError("proof");
    one.request.proof = once::ProofUse{.jkt = proof->jkt, .jti = proof->jti, .issued_at = proof->issued_at};
    if (!grant::testing::ask_one(*node.broker, std::move(one.request))) state.SkipWithError("refused");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(proven_request)->Iterations(kRequests)->Unit(benchmark::kMicrosecond);

// Where the time goes.

void verify_attestation(benchmark::State& state) {
  Node node;
  const Prepared one = node.prepare(false);
  for (auto _ : state)
    benchmark::DoNotOptimize(attest::verify_attestation(
        one.request.attestations[0],
        {one.request.viewer, one.request.title, node.clock.now(), [](const auto&) { return true; }}));
}
BENCHMARK(verify_attestation)->Unit(benchmark::kMicrosecond);

void look_up_attestation(benchmark::State& state) {
  Node node;
  const Prepared one = node.prepare(false);
  for (auto _ : state)
    benchmark::DoNotOptimize(attest::verify_attestation(
        *node.database, nullptr, one.request.attestations[0],
        {one.request.viewer, one.request.title, node.clock.now(), [](const auto&) { return true; }}));
}
BENCHMARK(look_up_attestation)->Unit(benchmark::kMicrosecond);

void verify_proof(benchmark::State& state) {
  Node node;
  const Prepared one = node.prepare(false);
  for (auto _ : state)
    benchmark::DoNotOptimize(crypto::verify_dpop_proof(
        one.proof, {.method = "POST", .url = kUrl, .body_digest = one.body_digest}, node.clock.now()));
}
BENCHMARK(verify_proof)->Unit(benchmark::kMicrosecond);

void agent_issue(benchmark::State& state) {
  Node node;
  const Prepared one = node.prepare(false);
  grant::GrantOrder order{.title = one.request.title,
                          .revision = 1,
                          .record = &node.title.published.record,
                          .sealed = &node.title.published.sealed,
                          .path = "p",
                          .slots = {0, 100},
                          .key_groups = {"hd", "sd"},
                          .viewer = one.request.viewer,
                          .encryption_key = one.request.encryption_key,
                          .facts = {},
                          .previous = {}};
  order.facts.now = node.clock.now();
  order.facts.default_issuers = {node.verifier.did().text()};
  order.facts.proofs = {{policy::parse_policy_text(kPolicy)->paths()[0].leaves[0].key, 1, node.verifier.did().text()}};
  for (auto _ : state)
    if (!node.agent.issue(order)) return state.SkipWithError("refused");
}
BENCHMARK(agent_issue)->Unit(benchmark::kMicrosecond);

/// As creators write them: a preview, a supporter's way with alternatives, a member's, and one that counts.
constexpr std::string_view kRealistic = R"({"version":1,"paths":[
  {"id":"preview","grants":{"seconds":[0,120]}},
  {"id":"support","requires":{"allOf":[
      {"requirement":"goodwill_ack","params":{"text":"I will tell a friend."}},
      {"anyOf":[{"requirement":"puzzle_solve","params":{"algorithm":"sha256","difficulty":18}},
                {"requirement":"email_verify","params":{"deny":["example.com"]},"min_trust":0.5}]},
      {"anyOf":[{"requirement":"social_like","params":{"network":"nostr","target":"note1"}},
                {"requirement":"watch_ad","params":{"creative":"t","seconds":30},"min_trust":0.4}]}]},
   "grants":{"key_groups":["sd"],"unlock_s":604800,"between":{"from":1700000000,"until":2000000000}}},
  {"id":"member","requires":{"requirement":"allowlist_token","params":{"pass":"gold"}}},
  {"id":"buy","requires":{"requirement":"crypto_payment","params":{"method":"lightning","amount":"500"}},
   "grants":{"max_plays":3,"cooldown_s":60}}]})";

/// Three proofs of five leaves, of a viewer who has used another way before.
policy::Facts realistic_facts(const policy::Policy& policy) {
  policy::Facts facts;
  facts.now = Instant(1'800'000'000);
  facts.title = {1'500, 6'000'000, {"hd", "sd"}};
  facts.default_issuers = {"did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"};
  for (const std::size_t i : {0, 1, 4})
    facts.proofs.push_back({policy.paths()[1].leaves[i].key, 0.9, facts.default_issuers[0]});
  facts.uses["buy"] = {1, Instant(1'799'000'000)};
  return facts;
}

void evaluate_path(benchmark::State& state) {
  const auto policy = must(policy::parse_policy_text(kRealistic));
  const policy::Facts facts = realistic_facts(policy);
  if (!policy::evaluate_path(policy, policy.paths()[1], facts).met) return state.SkipWithError("not met");
  for (auto _ : state) benchmark::DoNotOptimize(policy::evaluate_path(policy, policy.paths()[1], facts));
}
BENCHMARK(evaluate_path)->Unit(benchmark::kNanosecond);

void evaluate_all_paths(benchmark::State& state) {
  const auto policy = must(policy::parse_policy_text(kRealistic));
  const policy::Facts facts = realistic_facts(policy);
  for (auto _ : state) benchmark::DoNotOptimize(policy::evaluate(policy, facts));
}
BENCHMARK(evaluate_all_paths)->Unit(benchmark::kNanosecond);

void solve_step(benchmark::State& state) {
  std::uint64_t n = 0;
  for (auto _ : state) benchmark::DoNotOptimize(attest::puzzle_bits("0123456789abcdefghijkl", std::to_string(n++)));
}
BENCHMARK(solve_step);

}  // namespace

BENCHMARK_MAIN();
