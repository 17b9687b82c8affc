// The node's side of the interoperability test with the npm package jose (jose.test.mjs).
//
//   interop_jose_peer emit    prints one JSON object: freshly made objects of every kind, and the keys to read them
//   interop_jose_peer check   reads one JSON object made with jose, prints what our side says to each part of it
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>

#include "access/attest/attestation.h"
#include "access/grant/key_agent.h"
#include "access/grant/title_testing.h"
#include "crypto/dpop.h"

namespace {

using namespace swarma;
namespace grant = access::grant;

constexpr Instant kNow(1'800'000'000);
constexpr const char* kPolicy =
    R"({"version":1,"paths":[{"id":"open","grants":{"slots":[3,17],"key_groups":["sd","hd"],"ttl_s":3600}}]})";

std::string digest_text(std::string_view text) {
  return to_base64url(crypto::sha256(view(text)));
}

/// A decryption key together with its JWK, private part included: jose must be able to open what is sealed to it.
struct Receiver {
  crypto::SecretKey scalar = crypto::random_key();
  crypto::DecryptionKey key{scalar};
  Json private_jwk() const {
    Json jwk = key.encryption_key().jwk();
    jwk["d"] = to_base64url(scalar.expose());
    return jwk;
  }
};

std::string attestation(const grant::testing::TestTitle& title, const crypto::SigningKey& issuer,
                        const crypto::SigningKey& viewer) {
  return access::attest::sign_attestation({.id = to_base64url(random_array<16>()),
                                           .issuer = issuer.did(),
                                           .subject = viewer.jkt(),
                                           .title = title.record.id,
                                           .requirement = access::policy::Requirement::GoodwillAck,
                                           .params = R"({"text":"I will tell a friend – gern."})",
                                           .key = {},
                                           .evidence = "{}",
                                           .trust = 0.25,
                                           .issued_at = kNow,
                                           .expires_at = Expiry(kNow, std::chrono::hours(1)),
                                           .nonce = to_base64url(random_array<16>())},
                                          issuer)
      .value();
}

int emit() {
  const Receiver agent_receiver;
  const Receiver viewer_receiver;
  const grant::testing::TestCreator creator{crypto::SigningKey::generate(), agent_receiver.key};
  const crypto::SigningKey viewer = crypto::SigningKey::generate();
  const grant::testing::TestTitle title = grant::testing::make_test_title(creator, kPolicy, {{"friends", {}}});
  grant::LocalKeyAgent agent(creator.signing, creator.decryption);
  access::policy::Facts facts;
  facts.now = kNow;
  const auto issued = agent.issue({.title = title.record.id,
                                   .revision = 1,
                                   .record = &title.published.record,
                                   .sealed = &title.published.sealed,
                                   .path = "open",
                                   .slots = {3, 17},
                                   .key_groups = {"sd", "hd"},
                                   .viewer = viewer.jkt(),
                                   .encryption_key = viewer_receiver.key.encryption_key(),
                                   .facts = facts,
                                   .previous = {}});
  if (!issued) {
    std::cerr << issued.error().message << "\n";
    return 1;
  }
  const crypto::DpopClaims request{.method = "POST",
                                   .url = "https://node.example/v1/keys/request",
                                   .nonce = "server nonce",
                                   .body_digest = digest_text("{}"),
                                   .access_token = "a token"};
  const Json token = {{"iss", creator.signing.did().text()},
                      {"cnf", {{"jkt", viewer.jkt()}}},
                      {"exp", kNow.unix_s() + 60},
                      {"scope", "publish"}};
  const auto key_of = [](const crypto::SigningKey& key) {
    return Json{{"jwk", crypto::ed25519_jwk(key.did().public_key())}, {"did", key.did().text()}, {"jkt", key.jkt()}};
  };
  std::cout << Json{{"now", kNow.unix_s()},
                    {"creator", key_of(creator.signing)},
                    {"viewer", key_of(viewer)},
                    {"viewer_decryption", viewer_receiver.private_jwk()},
                    {"agent_decryption", agent_receiver.private_jwk()},
                    {"title_id", title.record.id.text()},
                    {"title_secret", to_base64url(title.secret.expose())},
                    {"signed",
                     {{"title", title.published.record},
                      {"attestation", attestation(title, creator.signing, viewer)},
                      {"grant", issued->jws},
                      {"token", crypto::sign_jws(creator.signing, crypto::kTokenTyp, token).value()}}},
                    {"sealed", title.published.sealed},
                    {"dpop", crypto::make_dpop_proof(viewer, request, kNow)}}
                   .dump()
            << "\n";
  return 0;
}

std::string check_proof(const Json& asked) {
  const crypto::DpopClaims expected{.method = asked.at("method"),
                                    .url = asked.at("url"),
                                    .nonce = asked.at("nonce"),
                                    .body_digest = asked.at("body_digest"),
                                    .access_token = asked.at("token")};
  const auto proof = crypto::verify_dpop_proof(asked.at("jws").get<std::string>(), expected,
                                               Instant(asked.at("now").get<std::int64_t>()));
  return proof ? proof->jkt : proof.error().reason;
}

std::string check_signed(const Json& asked) {
  const auto signer = crypto::did_from_jwk(asked.at("jwk"));
  if (!signer) return signer.error().reason;
  const auto payload =
      crypto::verify_jws(asked.at("jws").get<std::string>(), asked.at("typ").get<std::string>(), *signer);
  return payload ? canonical_json(*payload).value() : payload.error().reason;
}

std::string check_sealed(const Json& asked) {
  const auto scalar = parse_base64url(asked.at("d").get<std::string>());
  const crypto::DecryptionKey key(crypto::SecretKey(take_exactly<32>(scalar.value()).value()));
  const auto opened = crypto::decrypt_jwe(key, asked.at("jwe").get<std::string>());
  return opened ? std::string(as_text(*opened)) : opened.error().reason;
}

int check() {
  const Json asked = Json::parse(std::cin);
  Json answers = Json::array();
  for (const Json& one : asked) {
    const std::string kind = one.at("kind");
    answers.push_back(kind == "proof" ? check_proof(one) : kind == "signed" ? check_signed(one) : check_sealed(one));
  }
  std::cout << answers.dump() << "\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view mode = argc == 2 ? argv[1] : "";
  if (mode == "emit") return emit();
  if (mode == "check") return check();
  std::fputs("usage: interop_jose_peer emit|check\n", stderr);
  return 2;
}
