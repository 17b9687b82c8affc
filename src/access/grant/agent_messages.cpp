#include "access/grant/agent_messages.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "access/attest/attestation.h"
#include "access/grant/broker.h"
#include "crypto/jws.h"
#include "title/sealed_package.h"

namespace swarma::access::grant {
namespace {

constexpr std::string_view kProofTyp = "swarma-agent+jwt";
constexpr std::size_t kMaxShort = 128;      // ids, nonces, DIDs, slugs
constexpr std::size_t kMaxSentence = 1024;  // of a refusal
constexpr std::size_t kMaxProofBytes = 4096;
constexpr std::size_t kMaxUrlBytes = 2048;

std::unexpected<Error> unknown_message() {
  return fail(ErrorCode::BadRequest, "agent_message_bad",
              "This message is none that a fabric and a key agent exchange.");
}

/// What both kinds of order say of facts.
struct SentFacts {
  Instant now;
  std::optional<std::string> country;
  std::optional<policy::PathUse> uses;
};

Json facts_json(const SentFacts& sent) {
  Json facts = {{"now", sent.now.unix_s()}};
  if (sent.country) facts["country"] = *sent.country;
  if (sent.uses) facts["uses"] = {{"unlocks", sent.uses->unlocks}, {"last_unlock", sent.uses->last_unlock.unix_s()}};
  return facts;
}

Result<SentFacts> read_facts(const JsonReader& order) {
  SWARMA_TRY(const Json* json, order.object("facts"));
  const JsonReader facts(*json, "order's facts");
  SWARMA_RETURN_IF_ERROR(facts.only({"now", "country", "uses"}));
  SentFacts out;
  SWARMA_TRY(out.now, facts.instant("now"));
  if (facts.has("country")) {
    SWARMA_TRY(out.country, facts.text("country", 2));
  }
  if (!facts.has("uses")) return out;
  SWARMA_TRY(const Json* uses, facts.object("uses"));
  const JsonReader reader(*uses, "order's uses");
  SWARMA_RETURN_IF_ERROR(reader.only({"unlocks", "last_unlock"}));
  policy::PathUse use;
  SWARMA_TRY(use.unlocks, reader.integer("unlocks", 0, std::int64_t{1} << 50));
  SWARMA_TRY(use.last_unlock, reader.instant("last_unlock"));
  out.uses = use;
  return out;
}

Result<FromFabric> read_challenge(const JsonReader& reader) {
  SWARMA_RETURN_IF_ERROR(reader.only({"type", "fabric", "nonce"}));
  AgentChallenge out;
  SWARMA_TRY(out.fabric, reader.text("fabric", kMaxShort));
  SWARMA_RETURN_IF_ERROR(crypto::Did::parse(out.fabric));
  SWARMA_TRY(out.nonce, reader.text("nonce", kMaxShort));
  return out;
}

Result<FromFabric> read_refusal(const JsonReader& reader) {
  SWARMA_RETURN_IF_ERROR(reader.only({"type", "reason", "message"}));
  AgentRefusal out;
  SWARMA_TRY(out.reason, reader.text("reason", kMaxShort));
  SWARMA_TRY(out.message, reader.text("message", kMaxSentence));
  return out;
}

Result<FromFabric> read_order(const JsonReader& reader) {
  SWARMA_RETURN_IF_ERROR(reader.only({"type", "id", "record", "sealed", "request", "proof", "facts"}));
  OrderMessage out;
  SWARMA_TRY(out.id, reader.text("id", kMaxShort));
  SWARMA_TRY(out.record, reader.text("record", title::kMaxRecordBytes));
  SWARMA_TRY(out.sealed, reader.text("sealed", title::kMaxSealedBytes));
  SWARMA_TRY(out.request, reader.text("request", kMaxKeyRequestBytes));
  SWARMA_TRY(out.proof, reader.text("proof", crypto::kMaxJwsBytes));
  SWARMA_TRY(SentFacts facts, read_facts(reader));
  out.now = facts.now;
  out.country = std::move(facts.country);
  out.uses = facts.uses;
  return out;
}

Result<FromFabric> read_pass_order(const JsonReader& reader) {
  SWARMA_RETURN_IF_ERROR(reader.only({"type", "id", "record", "request", "proof", "facts", "pass"}));
  SWARMA_TRY(const SentFacts facts, read_facts(reader));
  SWARMA_TRY(const Json* place, reader.object("pass"));
  const JsonReader pass(*place, "order's pass");
  SWARMA_RETURN_IF_ERROR(pass.only({"id", "list", "signer", "index"}));
  SWARMA_TRY(const std::string signer_text, pass.text("signer", kMaxShort));
  SWARMA_TRY(crypto::Did signer, crypto::Did::parse(signer_text));
  PassOrderMessage out{.id = {},
                       .record = {},
                       .request = {},
                       .proof = {},
                       .now = facts.now,
                       .uses = facts.uses,
                       .pass_id = {},
                       .status = {.list = {}, .signer = std::move(signer)}};
  SWARMA_TRY(out.id, reader.text("id", kMaxShort));
  SWARMA_TRY(out.record, reader.text("record", title::kMaxRecordBytes));
  SWARMA_TRY(out.request, reader.text("request", kMaxKeyRequestBytes));
  SWARMA_TRY(out.proof, reader.text("proof", crypto::kMaxJwsBytes));
  SWARMA_TRY(out.pass_id, pass.text("id", kMaxShort));
  SWARMA_TRY(out.status.list, pass.text("list", kMaxUrlBytes));
  SWARMA_TRY(const std::int64_t index, pass.integer("index", 0, std::numeric_limits<std::uint32_t>::max()));
  out.status.index = static_cast<std::uint32_t>(index);
  return out;
}

Result<FromAgent> read_proof(const JsonReader& reader) {
  SWARMA_RETURN_IF_ERROR(reader.only({"type", "proof", "token"}));
  AgentProofMessage out;
  SWARMA_TRY(out.proof, reader.text("proof", kMaxProofBytes));
  SWARMA_TRY(out.token, reader.text_or("token", kMaxProofBytes, ""));
  return out;
}

Result<FromAgent> read_granted(const JsonReader& reader) {
  SWARMA_RETURN_IF_ERROR(reader.only({"type", "id", "grant"}));
  AnswerMessage out;
  SWARMA_TRY(out.id, reader.text("id", kMaxShort));
  SWARMA_TRY(out.grant, reader.text("grant", policy::kMaxGrantBytes));
  if (out.grant.empty()) return unknown_message();
  return out;
}

Result<FromAgent> read_passed(const JsonReader& reader) {
  SWARMA_RETURN_IF_ERROR(reader.only({"type", "id", "pass"}));
  AnswerMessage out;
  SWARMA_TRY(out.id, reader.text("id", kMaxShort));
  SWARMA_TRY(out.pass, reader.text("pass", pass::kMaxPassBytes));
  if (out.pass.empty()) return unknown_message();
  return out;
}

Result<FromAgent> read_refused(const JsonReader& reader) {
  SWARMA_RETURN_IF_ERROR(reader.only({"type", "id", "reason", "message"}));
  AnswerMessage out;
  SWARMA_TRY(out.id, reader.text("id", kMaxShort));
  SWARMA_TRY(out.reason, reader.text("reason", kMaxShort));
  SWARMA_TRY(out.message, reader.text("message", kMaxSentence));
  if (out.reason.empty()) return unknown_message();
  return out;
}

Json to_json(const AgentChallenge& challenge) {
  return {{"type", "challenge"}, {"fabric", challenge.fabric}, {"nonce", challenge.nonce}};
}
Json to_json(const AgentWelcome&) {
  return {{"type", "welcome"}};
}
Json to_json(const AgentRefusal& refusal) {
  return {{"type", "refused"}, {"reason", refusal.reason}, {"message", refusal.message.substr(0, kMaxSentence)}};
}
Json to_json(const OrderMessage& order) {
  return {{"type", "grant"},
          {"id", order.id},
          {"record", order.record},
          {"sealed", order.sealed},
          {"request", order.request},
          {"proof", order.proof},
          {"facts", facts_json({order.now, order.country, order.uses})}};
}
Json to_json(const PassOrderMessage& order) {
  return {{"type", "pass"},
          {"id", order.id},
          {"record", order.record},
          {"request", order.request},
          {"proof", order.proof},
          {"facts", facts_json({order.now, std::nullopt, order.uses})},
          {"pass",
           {{"id", order.pass_id},
            {"list", order.status.list},
            {"signer", order.status.signer.text()},
            {"index", order.status.index}}}};
}
Json to_json(const AgentProofMessage& message) {
  Json json = {{"type", "proof"}, {"proof", message.proof}};
  if (!message.token.empty()) json["token"] = message.token;
  return json;
}
Json to_json(const AnswerMessage& answer) {
  if (!answer.grant.empty()) return {{"type", "granted"}, {"id", answer.id}, {"grant", answer.grant}};
  if (!answer.pass.empty()) return {{"type", "passed"}, {"id", answer.id}, {"pass", answer.pass}};
  return {{"type", "refused"},
          {"id", answer.id},
          {"reason", answer.reason},
          {"message", answer.message.substr(0, kMaxSentence)}};
}

/// A sentence that was cut off may end within a character.
std::string to_text(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string write_message(const FromFabric& message) {
  return std::visit([](const auto& one) { return to_text(to_json(one)); }, message);
}

std::string write_message(const FromAgent& message) {
  return std::visit([](const auto& one) { return to_text(to_json(one)); }, message);
}

Result<FromFabric> parse_from_fabric(std::string_view text) {
  if (text.size() > kMaxAgentMessage) return unknown_message();
  SWARMA_TRY(const Json json, parse_json(text));
  const JsonReader reader(json, "message");
  SWARMA_TRY(const std::string type, reader.text("type", 32));
  if (type == "challenge") return read_challenge(reader);
  if (type == "grant") return read_order(reader);
  if (type == "pass") return read_pass_order(reader);
  if (type == "welcome") return AgentWelcome{};
  if (type == "refused") return read_refusal(reader);
  return unknown_message();
}

Result<FromAgent> parse_from_agent(std::string_view text) {
  if (text.size() > kMaxAgentMessage) return unknown_message();
  SWARMA_TRY(const Json json, parse_json(text));
  const JsonReader reader(json, "message");
  SWARMA_TRY(const std::string type, reader.text("type", 32));
  if (type == "proof") return read_proof(reader);
  if (type == "granted") return read_granted(reader);
  if (type == "passed") return read_passed(reader);
  if (type == "refused") return read_refused(reader);
  return unknown_message();
}

std::string sign_agent_proof(const crypto::SigningKey& signing, const crypto::EncryptionKey& encryption,
                             const AgentChallenge& challenge, std::string_view url) {
  return crypto::sign_jws(signing, kProofTyp,
                          {{"iss", signing.did().text()},
                           {"aud", url},
                           {"nonce", challenge.nonce},
                           {"encryption", encryption.did()}})
      .value();  // texts only: it has a canonical form
}

Result<title::KeyAgentRef> verify_agent_proof(std::string_view proof, std::string_view nonce,
                                              const std::vector<std::string>& own_urls) {
  const auto bad = [](const std::string& why) {
    return fail(ErrorCode::Unauthenticated, "agent_proof_bad", "The key agent's proof is not good here: " + why);
  };
  const auto read = [&]() -> Result<title::KeyAgentRef> {
    SWARMA_TRY(const Json claimed, crypto::peek_jws(proof, kMaxProofBytes));
    SWARMA_TRY(const std::string issuer, JsonReader(claimed, "proof").text("iss", kMaxShort));
    SWARMA_TRY(crypto::Did signer, crypto::Did::parse(issuer));
    SWARMA_TRY(const Json payload, crypto::verify_jws(proof, kProofTyp, signer, kMaxProofBytes));
    const JsonReader reader(payload, "proof");
    SWARMA_TRY(const std::string audience, reader.text("aud", kMaxUrlBytes));
    if (std::ranges::find(own_urls, audience) == own_urls.end()) return bad("it was made for another address.");
    SWARMA_TRY(const std::string claimed_nonce, reader.text("nonce", kMaxShort));
    if (claimed_nonce != nonce) return bad("it was made for another connection.");
    SWARMA_TRY(const std::string key, reader.text("encryption", kMaxShort));
    SWARMA_TRY(crypto::EncryptionKey encryption, crypto::EncryptionKey::parse(key));
    return title::KeyAgentRef{std::move(signer), std::move(encryption)};
  };
  auto agent = read();
  if (!agent && agent.error().reason != "agent_proof_bad") return bad(agent.error().message);
  return agent;
}

}  // namespace swarma::access::grant
