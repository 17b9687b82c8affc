#include "access/grant/acceptance.h"

#include <nlohmann/json.hpp>

#include "access/grant/prepared_titles.h"
#include "crypto/hash.h"

namespace swarma::access::grant {
namespace {

constexpr std::string_view kTyp = "swarma-accepted+jwt";

std::unexpected<Error> bad(const std::string& why) {
  return fail(ErrorCode::Forbidden, "acceptance_bad",
              "The key agent's acceptance does not belong to this title: " + why);
}

std::string digest(std::string_view text) {
  return to_base64url(crypto::sha256(view(text)));
}

Bytes salt_of(const crypto::SecretKey& master, const TitleId& title, const std::string& list) {
  const crypto::SecretKey key = crypto::hkdf_sha256(master, "swarma/1 code salt " + title.text() + " " + list);
  const ByteView bytes = ByteView(key.expose()).first(attest::kSaltBytes);
  return {bytes.begin(), bytes.end()};
}

/// list → {"salt", "codes": [[hash, max_uses], …]}
Json codes_json(const std::vector<attest::HashedCode>& codes) {
  Json out = Json::object();
  for (const attest::HashedCode& code : codes) {
    Json& list = out[code.list];
    list["salt"] = to_base64url(code.salt);
    list["codes"].push_back({to_base64url(code.hash), code.max_uses});
  }
  return out;
}

Result<attest::HashedCode> read_code(const std::string& list, const Bytes& salt, const Json& json) {
  if (!json.is_array() || json.size() != 2 || !json[0].is_string() || !json[1].is_number_unsigned())
    return bad("a code is malformed.");
  SWARMA_TRY(Bytes hash, parse_base64url(json[0].get_ref<const std::string&>()));
  const auto max_uses = json[1].get<std::uint64_t>();
  if (hash.size() != attest::kCodeHashBytes || max_uses > std::uint64_t{title::kMaxCodeUses})
    return bad("a code is malformed.");
  return attest::HashedCode{list, salt, std::move(hash), static_cast<std::int64_t>(max_uses)};
}

Result<std::vector<attest::HashedCode>> read_codes(const Json& lists) {
  std::vector<attest::HashedCode> out;
  for (const auto& [list, entry] : lists.items()) {
    const JsonReader reader(entry, "list of codes");
    SWARMA_RETURN_IF_ERROR(reader.expect_object());
    SWARMA_RETURN_IF_ERROR(reader.only({"salt", "codes"}));
    SWARMA_TRY(const std::string salt_text, reader.text("salt", 64));
    SWARMA_TRY(const Bytes salt, parse_base64url(salt_text));
    SWARMA_TRY(const Json* codes, reader.array("codes", title::kMaxCodes));
    if (salt.size() != attest::kSaltBytes || list.size() > title::kMaxCodeListLength ||
        out.size() + codes->size() > title::kMaxCodes)
      return bad("its codes are malformed, or too many.");
    for (const Json& json : *codes) {
      SWARMA_TRY(attest::HashedCode code, read_code(list, salt, json));
      out.push_back(std::move(code));
    }
  }
  return out;
}

}  // namespace

Result<std::string> sign_acceptance(LocalKeyAgent& agent, const crypto::SigningKey& signing,
                                    const crypto::SecretKey& master, const std::string& record_jws,
                                    const std::string& sealed) {
  SWARMA_TRY(const title::CodeLists codes, agent.accept(record_jws, sealed));
  SWARMA_TRY(const title::TitleRecord record, title::verify_record(record_jws));
  SWARMA_TRY(const auto hashed,
             attest::hash_codes(codes, [&](const std::string& list) { return salt_of(master, record.id, list); }));
  return crypto::sign_jws(signing, kTyp,
                          {{"iss", signing.did().text()},
                           {"record", digest(record_jws)},
                           {"sealed", digest(sealed)},
                           {"codes", codes_json(hashed)}});
}

Result<std::vector<attest::HashedCode>> verify_acceptance(std::string_view acceptance, const std::string& record_jws,
                                                          const std::string& sealed) {
  SWARMA_TRY(const auto title, prepare_title({record_jws, {}}));
  SWARMA_RETURN_IF_ERROR(policy::check_fits(title->policy, title->shape));
  const auto payload = crypto::verify_jws(acceptance, kTyp, title->record.agent.signer, kMaxAcceptanceBytes);
  if (!payload) return bad(payload.error().message);
  const JsonReader reader(*payload, "acceptance");
  SWARMA_TRY(const std::string record_digest, reader.text("record", 64));
  SWARMA_TRY(const std::string sealed_digest, reader.text("sealed", 64));
  if (record_digest != digest(record_jws) || sealed_digest != digest(sealed)) return bad("it is for another one.");
  SWARMA_TRY(const Json* codes, reader.object("codes"));
  return read_codes(*codes);
}

}  // namespace swarma::access::grant
