// For tests: viewers whose requests an agent elsewhere can check, and the fabric's end of a line as a list of messages.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "access/attest/attestation.h"
#include "access/grant/broker.h"
#include "access/grant/remote_agents.h"
#include "access/grant/title_testing.h"
#include "crypto/dpop.h"

namespace swarma::access::grant::testing {

struct ListedLine final : AgentLine {
  bool send(std::string_view message) override {
    if (!closed_for.empty()) return false;
    messages.emplace_back(message);
    return true;
  }
  void close(std::string_view reason) override { closed_for = reason; }
  OrderMessage order(std::size_t index) const {
    return std::get<OrderMessage>(parse_from_fabric(messages.at(index)).value());
  }

  std::vector<std::string> messages;
  std::string closed_for;
};

struct SigningViewer {
  crypto::SigningKey signing = crypto::SigningKey::generate();
  crypto::DecryptionKey decryption = crypto::DecryptionKey::generate();

  std::string attest(const TestTitle& title, const policy::Leaf& leaf, const crypto::SigningKey& verifier,
                     Instant now) const {
    const attest::Attestation attestation{.id = to_base64url(random_array<16>()),
                                          .issuer = verifier.did(),
                                          .subject = signing.jkt(),
                                          .title = title.record.id,
                                          .requirement = leaf.requirement,
                                          .params = leaf.params,
                                          .key = leaf.key,
                                          .evidence = "{}",
                                          .trust = 1,
                                          .issued_at = now,
                                          .expires_at = Expiry(now, std::chrono::minutes(15)),
                                          .nonce = "n"};
    return attest::sign_attestation(attestation, verifier).value();
  }
  std::string prove(const std::string& body, Instant now, const std::string& path = "/v1/keys/request") const {
    return crypto::make_dpop_proof(signing,
                                   {.method = "POST",
                                    .url = "https://fabric.example" + path,
                                    .body_digest = to_base64url(crypto::sha256(view(body)))},
                                   now);
  }
  /// A request as the api layer hands it over.
  KeyRequest ask(const TestTitle& title, const std::string& path, SlotRange slots, Instant now,
                 std::vector<std::string> attestations = {}, const std::string& unlock = {}) const {
    Json json = {{"title_id", title.record.id.text()},
                 {"revision", title.record.revision},
                 {"path", path},
                 {"slots", {slots.begin, slots.end}},
                 {"key_groups", {"sd"}},
                 {"encryption_key", decryption.encryption_key().jwk()}};
    if (unlock.empty())
      json["attestations"] = std::move(attestations);
    else
      json["unlock"] = unlock;
    KeyRequest request = parse_key_request(json).value();
    request.viewer = signing.jkt();
    request.body = json.dump();
    request.dpop = prove(request.body, now);
    request.proof = once::ProofUse{.jkt = signing.jkt(), .jti = to_base64url(random_array<16>()), .issued_at = now};
    return request;
  }
};

}  // namespace swarma::access::grant::testing
