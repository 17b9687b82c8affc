#include "access/pass/pass.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/rfc3339.h"
#include "crypto/jws.h"

namespace swarma::access::pass {
namespace {

constexpr std::string_view kIdPrefix = "urn:swarma:pass:";
constexpr std::string_view kSubjectPrefix = "urn:ietf:params:oauth:jwk-thumbprint:sha-256:";
constexpr std::string_view kContext = "https://www.w3.org/ns/credentials/v2";
constexpr std::string_view kType = "SwarmaPass";
constexpr std::int64_t kVersion = 1;
constexpr std::uint32_t kMaxIndex = (1u << 24) - 1;

std::unexpected<Error> forged(const std::string& why) {
  return fail(ErrorCode::Forbidden, "pass_forged", "This is no pass by its creator, or it was changed: " + why);
}

std::unexpected<Error> bad(std::string why) {
  return fail(ErrorCode::BadRequest, "pass_bad", std::move(why));
}

Result<std::string> without_prefix(const std::string& text, std::string_view prefix, std::size_t bytes) {
  const auto rest =
      text.starts_with(prefix) ? parse_base64url(std::string_view(text).substr(prefix.size())) : Result<Bytes>(bad(""));
  if (!rest || rest->size() != bytes)
    return bad("one of its identifiers does not begin with \"" + std::string(prefix) + "\".");
  return text.substr(prefix.size());
}

/// The first entry of a list of texts is `first` and all are texts; for "type" any place will do.
Result<void> expect_in_list(const JsonReader& reader, const char* name, std::string_view value, bool first) {
  SWARMA_TRY(const Json* list, reader.array(name, 16));
  const auto found = std::ranges::find(*list, Json(value));
  if (found == list->end() || (first && found != list->begin()))
    return bad(std::string("\"") + name + "\" does not say \"" + std::string(value) + "\".");
  return {};
}

Result<Instant> read_time(const JsonReader& reader, const char* name) {
  SWARMA_TRY(const std::string text, reader.text(name, 40));
  const auto at = parse_rfc3339(text);
  if (!at) return bad(std::string("\"") + name + "\" is not a time with a zone (RFC 3339).");
  return *at;
}

Result<std::vector<TitleId>> read_titles(const Json& subject) {
  std::vector<TitleId> out;
  const JsonReader reader(subject, "pass");
  if (subject.contains("titles") && subject["titles"] == "all") return out;
  SWARMA_TRY(const Json* list, reader.array("titles", kMaxPassTitles));
  for (const Json& item : *list) {
    if (!item.is_string()) return bad("\"titles\" must hold ids of titles.");
    SWARMA_TRY(TitleId id, TitleId::parse(item.get_ref<const std::string&>()));
    out.push_back(id);
  }
  if (out.empty()) return bad("it is for no title.");
  return out;
}

Result<StatusEntry> read_status(const Json& json) {
  const JsonReader reader(json, "pass");
  SWARMA_TRY(const std::string type, reader.text("type", 64));
  SWARMA_TRY(const std::string purpose, reader.text("statusPurpose", 32));
  if (type != "BitstringStatusListEntry" || purpose != "revocation") return bad("its status is of an unknown kind.");
  SWARMA_TRY(std::string list, reader.text("statusListCredential", 500));
  SWARMA_TRY(const std::string signer_text, reader.text("statusListSigner", 128));
  SWARMA_TRY(auto signer, crypto::Did::parse(signer_text));
  SWARMA_TRY(const std::string index_text, reader.text("statusListIndex", 8));
  std::uint32_t index = 0;
  for (const char c : index_text) {
    if (c < '0' || c > '9') return bad("\"statusListIndex\" must be a number written as text.");
    index = index * 10 + static_cast<std::uint32_t>(c - '0');
  }
  if (index_text.empty() || index > kMaxIndex) return bad("\"statusListIndex\" is out of range.");
  return StatusEntry{std::move(list), std::move(signer), index};
}

/// Where a registered claim repeats a member, both must say the same.
Result<void> expect_same(const Json& payload, const char* claim, std::string_view value) {
  const auto found = payload.find(claim);
  if (found == payload.end() || (found->is_string() && found->get_ref<const std::string&>() == value)) return {};
  return bad(std::string("\"") + claim + "\" contradicts the rest of it.");
}

Result<Pass> read_pass(const Json& payload) {
  const JsonReader reader(payload, "pass");
  if (payload.contains("vc") || payload.contains("vp")) return bad("it is of an older form (\"vc\").");
  SWARMA_RETURN_IF_ERROR(expect_in_list(reader, "@context", kContext, true));
  SWARMA_RETURN_IF_ERROR(expect_in_list(reader, "type", "VerifiableCredential", false));
  SWARMA_RETURN_IF_ERROR(expect_in_list(reader, "type", kType, false));
  SWARMA_TRY(const std::string issuer_text, reader.text("issuer", 128));
  SWARMA_TRY(auto issuer, crypto::Did::parse(issuer_text));
  SWARMA_TRY(const Json* subject, reader.object("credentialSubject"));
  const JsonReader about(*subject, "pass");
  SWARMA_RETURN_IF_ERROR(about.integer("version", kVersion, kVersion));
  SWARMA_TRY(const std::string id, reader.text("id", 64));
  SWARMA_TRY(const std::string holder, about.text("id", 128));
  SWARMA_RETURN_IF_ERROR(expect_same(payload, "iss", issuer_text));
  SWARMA_RETURN_IF_ERROR(expect_same(payload, "sub", holder));
  SWARMA_RETURN_IF_ERROR(expect_same(payload, "jti", id));
  Pass pass{.id = {}, .issuer = std::move(issuer), .subject = {}, .tier = {}, .titles = {}, .status = std::nullopt};
  SWARMA_TRY(pass.id, without_prefix(id, kIdPrefix, 16));
  SWARMA_TRY(pass.subject, without_prefix(holder, kSubjectPrefix, 32));
  SWARMA_TRY(pass.tier, about.text("tier", 32));
  SWARMA_TRY(pass.titles, read_titles(*subject));
  SWARMA_TRY(pass.valid_from, read_time(reader, "validFrom"));
  SWARMA_TRY(const Instant until, read_time(reader, "validUntil"));
  pass.valid_until = Expiry(until.unix_s());
  // The signature has times of its own: the narrower pair counts.
  if (payload.contains("iat")) {
    SWARMA_TRY(const Instant signed_at, reader.instant("iat"));
    pass.valid_from = std::max(pass.valid_from, signed_at);
  }
  if (payload.contains("exp")) {
    SWARMA_TRY(const Expiry expires, reader.expiry("exp"));
    pass.valid_until = std::min(pass.valid_until, expires);
  }
  if (!payload.contains("credentialStatus")) return pass;
  SWARMA_TRY(const Json* status, reader.object("credentialStatus"));
  SWARMA_TRY(pass.status, read_status(*status));
  return pass;
}

Result<Pass> check(Pass pass, const PassExpectation& expected) {
  if (pass.subject != expected.holder)
    return fail(ErrorCode::Forbidden, "pass_other_holder",
                "This pass belongs to another key than the one that shows it.");
  if (pass.tier != expected.tier)
    return fail(ErrorCode::Forbidden, "pass_other_tier",
                "This pass is of the tier “" + pass.tier + "”; “" + expected.tier + "” is asked for.");
  if (!pass.covers(expected.title))
    return fail(ErrorCode::Forbidden, "pass_other_title", "This pass is not for this title.");
  if (pass.valid_from > expected.now + kPassSkew)
    return fail(ErrorCode::Forbidden, "pass_not_yet_valid",
                "This pass is not valid yet: it begins on " + to_rfc3339(pass.valid_from) + ".");
  if (pass.valid_until.has_passed(expected.now))
    return fail(ErrorCode::Forbidden, "pass_expired",
                "This pass ended on " + to_rfc3339(Instant(pass.valid_until.unix_s())) + ": renew it.");
  return pass;
}

}  // namespace

bool Pass::covers(const TitleId& title) const {
  return titles.empty() || std::ranges::find(titles, title) != titles.end();
}

Result<std::string> sign_pass(const Pass& pass, const crypto::SigningKey& creator) {
  Json titles = "all";
  if (!pass.titles.empty()) {
    titles = Json::array();
    for (const TitleId& title : pass.titles) titles.push_back(title.text());
  }
  Json payload = {{"@context", {kContext}},
                  {"id", std::string(kIdPrefix) + pass.id},
                  {"type", {"VerifiableCredential", kType}},
                  {"issuer", pass.issuer.text()},
                  {"validFrom", to_rfc3339(pass.valid_from)},
                  {"validUntil", to_rfc3339(Instant(pass.valid_until.unix_s()))},
                  {"iat", pass.valid_from.unix_s()},
                  {"exp", pass.valid_until.unix_s()},
                  {"credentialSubject",
                   {{"id", std::string(kSubjectPrefix) + pass.subject},
                    {"tier", pass.tier},
                    {"titles", std::move(titles)},
                    {"version", kVersion}}}};
  if (pass.status)
    payload["credentialStatus"] = {{"type", "BitstringStatusListEntry"},
                                   {"statusPurpose", "revocation"},
                                   {"statusListIndex", std::to_string(pass.status->index)},
                                   {"statusListCredential", pass.status->list},
                                   {"statusListSigner", pass.status->signer.text()}};
  return crypto::sign_credential(creator, payload);
}

Result<Pass> verify_pass(std::string_view jws, const PassExpectation& expected) {
  const auto payload = crypto::peek_jws(jws, kMaxPassBytes);
  if (!payload) return forged(payload.error().message);
  auto claimed = read_pass(*payload);
  if (!claimed) return forged(claimed.error().message);
  if (crypto::thumbprint(claimed->issuer.public_key()) != expected.issuer_jkt)
    return fail(ErrorCode::Forbidden, "pass_other_creator", "This pass is by another creator than the title's.");
  // The claims were read from the very text whose signature is checked here.
  if (const auto verified = crypto::verify_jws(jws, crypto::kCredentialTyp, claimed->issuer, kMaxPassBytes); !verified)
    return forged(verified.error().message);
  return check(*std::move(claimed), expected);
}

}  // namespace swarma::access::pass
