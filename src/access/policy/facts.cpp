// Facts from a file, for `swarma policy check --facts`.
#include <nlohmann/json.hpp>

#include "access/policy/evaluate.h"
#include "access/policy/parser.h"

namespace swarma::access::policy {
namespace {

constexpr std::int64_t kMaxInteger = 9'007'199'254'740'991;
constexpr std::string_view kSomeIssuer = "did:example:node";

std::unexpected<Error> bad_facts(std::string message) {
  return fail(ErrorCode::BadRequest, "facts_invalid", std::move(message));
}

Result<void> read_proof(const Json& json, const Policy& policy, Facts& facts) {
  const JsonReader reader(json, "proof in the facts");
  SWARMA_RETURN_IF_ERROR(reader.only({"key", "requirement", "trust", "issuer"}));
  Proof proof;
  proof.trust = 1;
  if (reader.has("trust")) {
    SWARMA_TRY(proof.trust, reader.number("trust", 0, 1));
  }
  SWARMA_TRY(proof.issuer, reader.text_or("issuer", 128, std::string(kSomeIssuer)));
  if (reader.has("key")) {
    if (reader.has("requirement")) SWARMA_RETURN_IF_ERROR(reader.text("requirement", 32));
    SWARMA_TRY(proof.key, reader.text("key", 16));
    facts.proofs.push_back(std::move(proof));
    return {};
  }
  SWARMA_TRY(const std::string name, reader.text("requirement", 32));
  const auto requirement = find_requirement(name);
  if (!requirement)
    return bad_facts("A proof in the facts names the requirement \"" + name + "\", which does not exist.");
  for (const Path& path : policy.paths())
    for (const Leaf& leaf : path.leaves)
      if (leaf.requirement == *requirement) {
        proof.key = leaf.key;
        facts.proofs.push_back(proof);
      }
  return {};
}

Result<Facts> read_facts(const Json& json, const Policy& policy) {
  const JsonReader reader(json, "facts");
  SWARMA_RETURN_IF_ERROR(
      reader.only({"now", "slots", "duration_ms", "key_groups", "country", "proofs", "uses", "default_issuers"}));
  Facts facts;
  if (reader.has("now")) {
    SWARMA_TRY(facts.now, reader.instant("now"));
  }
  SWARMA_TRY(const std::int64_t slots, reader.integer_or("slots", 1, 1 << 20, 1'500));
  facts.title.slots = static_cast<Slot>(slots);
  SWARMA_TRY(facts.title.duration_ms, reader.integer_or("duration_ms", 1, kMaxInteger / 1'000, slots * 4'000));
  const auto read_texts = [&](const char* name, std::size_t max, std::vector<std::string>& out) -> Result<void> {
    SWARMA_TRY(const Json* list, reader.array(name, max));
    for (const Json& item : *list) {
      if (!item.is_string()) return bad_facts(std::string("In the facts, \"") + name + "\" must hold texts.");
      out.push_back(item.get<std::string>());
    }
    return {};
  };
  if (reader.has("key_groups"))
    SWARMA_RETURN_IF_ERROR(read_texts("key_groups", 16, facts.title.key_groups));
  else
    facts.title.key_groups = {"hd", "sd"};
  if (reader.has("default_issuers"))
    SWARMA_RETURN_IF_ERROR(read_texts("default_issuers", 64, facts.default_issuers));
  else
    facts.default_issuers = {std::string(kSomeIssuer)};
  if (reader.has("country")) {
    SWARMA_TRY(facts.country, reader.text("country", 2));
  }
  if (reader.has("proofs")) {
    SWARMA_TRY(const Json* proofs, reader.array("proofs", 256));
    for (const Json& proof : *proofs) SWARMA_RETURN_IF_ERROR(read_proof(proof, policy, facts));
  }
  if (!reader.has("uses")) return facts;
  SWARMA_TRY(const Json* uses, reader.object("uses"));
  for (const auto& [path, use] : uses->items()) {
    if (policy.find_path(path) == nullptr)
      return bad_facts("The facts name the path \"" + path + "\", which the policy does not have.");
    const JsonReader counts(use, "use of a path in the facts");
    SWARMA_RETURN_IF_ERROR(counts.only({"unlocks", "last_unlock"}));
    SWARMA_TRY(facts.uses[path].unlocks, counts.integer("unlocks", 0, kMaxInteger));
    if (counts.has("last_unlock")) {
      SWARMA_TRY(facts.uses[path].last_unlock, counts.instant("last_unlock"));
    }
  }
  return facts;
}

}  // namespace

Result<Facts> parse_facts(const Json& json, const Policy& policy) {
  auto facts = read_facts(json, policy);
  if (!facts) return fail(ErrorCode::BadRequest, "facts_invalid", facts.error().message);
  return facts;
}

}  // namespace swarma::access::policy
