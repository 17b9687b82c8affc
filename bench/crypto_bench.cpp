// The costs that crypto/ puts into a segment and into a key request. Google Benchmark:
// build/release/bench/bench_crypto.
#include <benchmark/benchmark.h>

#include <nlohmann/json.hpp>

#include "crypto/aead.h"
#include "crypto/dpop.h"
#include "crypto/hash.h"
#include "crypto/key_tree.h"

namespace {

using namespace swarma;
using namespace swarma::crypto;

constexpr Instant kNow(1'800'000'000);

const SigningKey& signer() {
  static const SigningKey key = SigningKey::generate();
  return key;
}

/// About the size of an attestation: 0.7 KB as a JWS.
Json claims() {
  return {{"attestation_id", "c29tZXRoaW5nIHJhbmRvbQ"},
          {"issuer", signer().did().text()},
          {"subject", signer().jkt()},
          {"title_id", "abcdefghijklmnopqrstuvwxyz"},
          {"requirement", "goodwill_ack"},
          {"params", {{"text", "I will tell a friend."}}},
          {"evidence", Json::object()},
          {"trust", 0.25},
          {"iat", kNow.unix_s()},
          {"exp", kNow.unix_s() + 3600},
          {"nonce", "c29tZXRoaW5nIHJhbmRvbQ"}};
}

void seal_segment(benchmark::State& state) {
  const SecretKey key = random_key();
  const Bytes plain(1 << 20, 0x5a);
  Bytes stored;
  for (auto _ : state) aead_seal(key, Nonce{}, view("additional data"), plain, stored);
  state.SetBytesProcessed(state.iterations() << 20);
}
BENCHMARK(seal_segment);

void hash_segment(benchmark::State& state) {
  const Bytes stored(1 << 20, 0x5a);
  for (auto _ : state) benchmark::DoNotOptimize(sha256(stored));
  state.SetBytesProcessed(state.iterations() << 20);
}
BENCHMARK(hash_segment);

void seal_and_hash_segment(benchmark::State& state) {
  const SecretKey key = random_key();
  const Bytes plain(1 << 20, 0x5a);
  Bytes stored;
  for (auto _ : state) {
    aead_seal(key, Nonce{}, view("additional data"), plain, stored);
    benchmark::DoNotOptimize(sha256(stored));
  }
  state.SetBytesProcessed(state.iterations() << 20);
}
BENCHMARK(seal_and_hash_segment);

void key_of_next_slot(benchmark::State& state) {
  KeyRing ring(1024);
  if (!ring.add({0, 0, random_key()})) std::abort();
  Slot slot = 0;
  for (auto _ : state) benchmark::DoNotOptimize(content_key(*ring.find_leaf(slot++ % 1024), "v720-3f9a1c02"));
}
BENCHMARK(key_of_next_slot);

void cover_of_window(benchmark::State& state) {  // ten minutes of a film of two hours
  const SecretKey root = random_key();
  for (auto _ : state) benchmark::DoNotOptimize(cover(root, 1800, {601, 751}));
}
BENCHMARK(cover_of_window);

void sign(benchmark::State& state) {
  const Json payload = claims();
  for (auto _ : state) benchmark::DoNotOptimize(sign_jws(signer(), kAttestationTyp, payload));
}
BENCHMARK(sign);

void verify_anybodys(benchmark::State& state) {
  const std::string jws = sign_jws(signer(), kAttestationTyp, claims()).value();
  for (auto _ : state) benchmark::DoNotOptimize(verify_jws(jws, kAttestationTyp, signer().did()));
}
BENCHMARK(verify_anybodys);

void encrypt(benchmark::State& state) {  // the keys of a grant
  const DecryptionKey viewer = DecryptionKey::generate();
  const Bytes plain(1000, 0x5a);
  for (auto _ : state) benchmark::DoNotOptimize(encrypt_jwe(viewer.encryption_key(), "swarma-keys+jwe", plain));
}
BENCHMARK(encrypt);

void decrypt(benchmark::State& state) {
  const DecryptionKey viewer = DecryptionKey::generate();
  const std::string jwe = encrypt_jwe(viewer.encryption_key(), "swarma-keys+jwe", Bytes(1000, 0x5a));
  for (auto _ : state) benchmark::DoNotOptimize(decrypt_jwe(viewer, jwe));
}
BENCHMARK(decrypt);

void verify_proof(benchmark::State& state) {
  const DpopNonces nonces(random_key());
  DpopClaims request{.method = "POST",
                     .url = "https://node.example/v1/keys/request",
                     .nonce = nonces.current(kNow),
                     .body_digest = to_base64url(sha256({}))};
  const std::string proof = make_dpop_proof(signer(), request, kNow);
  request.nonce.clear();
  for (auto _ : state) benchmark::DoNotOptimize(verify_dpop_proof(proof, request, nonces, kNow));
}
BENCHMARK(verify_proof);

void read_json(benchmark::State& state) {
  const std::string text = canonical_json(claims()).value();
  for (auto _ : state) benchmark::DoNotOptimize(parse_json(text));
}
BENCHMARK(read_json);

void write_json(benchmark::State& state) {
  const Json value = claims();
  for (auto _ : state) benchmark::DoNotOptimize(canonical_json(value));
}
BENCHMARK(write_json);

}  // namespace

BENCHMARK_MAIN();
