#include "access/pass/status_list.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/rfc3339.h"
#include "crypto/jws.h"

namespace swarma::access::pass {
namespace {

constexpr int kGzip = 15 + 16;  // the largest window, with a gzip header
constexpr std::chrono::seconds kSkew{60};

std::unexpected<Error> bad(std::string why) {
  return fail(ErrorCode::BadRequest, "status_list_bad", "A status list cannot be read: " + std::move(why));
}

std::unexpected<Error> forged(const std::string& why) {
  return fail(ErrorCode::Forbidden, "status_list_forged", "A status list is not by its signer: " + why);
}

Bytes pack(ByteView bytes) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::bad_alloc();
  Bytes out(deflateBound(&stream, bytes.size()));
  stream.next_in = const_cast<Bytef*>(bytes.data());  // zlib does not write there
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);  // the room is enough for all of it
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

Result<Bytes> unpack(ByteView packed) {
  z_stream stream{};
  if (inflateInit2(&stream, kGzip) != Z_OK) throw std::bad_alloc();
  Bytes out(kMaxUnpackedBytes);
  stream.next_in = const_cast<Bytef*>(packed.data());
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  const int ended = inflate(&stream, Z_FINISH);
  const bool whole = ended == Z_STREAM_END && stream.avail_in == 0;
  out.resize(stream.total_out);
  inflateEnd(&stream);
  if (!whole) return bad("its bits are not one whole gzip text of at most a megabyte.");
  return out;
}

}  // namespace

void StatusList::set(std::uint32_t index) {
  if (index < size()) bits_[index / 8] |= static_cast<std::uint8_t>(0x80 >> (index % 8));
}

bool StatusList::get(std::uint32_t index) const {
  return index < size() && (bits_[index / 8] & (0x80 >> (index % 8))) != 0;
}

std::string StatusList::encode() const {
  return "u" + to_base64url(pack(bits_));
}

Result<StatusList> StatusList::decode(std::string_view text) {
  if (!text.starts_with('u')) return bad("its bits are not base64url.");
  const auto packed = parse_base64url(text.substr(1));
  if (!packed) return bad("its bits are not base64url.");
  StatusList list;
  SWARMA_TRY(list.bits_, unpack(*packed));
  if (list.size() < kListBits) return bad("it is too short to hide whom it is asked about.");
  return list;
}

Result<std::string> sign_status_list(const StatusList& list, const std::string& url, const crypto::SigningKey& signer,
                                     Instant now) {
  return crypto::sign_credential(signer, {{"@context", {"https://www.w3.org/ns/credentials/v2"}},
                                          {"id", url},
                                          {"type", {"VerifiableCredential", "BitstringStatusListCredential"}},
                                          {"issuer", signer.did().text()},
                                          {"validFrom", to_rfc3339(now)},
                                          {"validUntil", to_rfc3339(now + kListLife)},
                                          {"credentialSubject",
                                           {{"id", url + "#list"},
                                            {"type", "BitstringStatusList"},
                                            {"statusPurpose", "revocation"},
                                            {"encodedList", list.encode()},
                                            {"ttl", kListLife.count() * 1'000}}}});
}

Result<StatusList> verify_status_list(std::string_view jws, const std::string& url, const crypto::Did& signer,
                                      Instant now) {
  const auto payload = crypto::verify_jws(jws, crypto::kCredentialTyp, signer, kMaxListBytes);
  if (!payload) return forged(payload.error().message);
  const JsonReader reader(*payload, "status list");
  const auto type = reader.array("type", 8);
  if (!type || std::ranges::find(**type, Json("BitstringStatusListCredential")) == (*type)->end())
    return forged("it is another kind of credential.");
  const auto id = reader.text("id", 500);
  if (!id || *id != url) return forged("it is another list than the one that was asked for.");
  const auto from = reader.text("validFrom", 40), until = reader.text("validUntil", 40);
  const auto begin = from ? parse_rfc3339(*from) : std::nullopt, end = until ? parse_rfc3339(*until) : std::nullopt;
  if (!begin || !end) return forged("it does not say how long it is valid.");
  if (*begin > now + kSkew || Expiry(end->unix_s()).has_passed(now - kSkew))
    return fail(ErrorCode::Forbidden, "status_list_expired", "A status list is not of today.");
  SWARMA_TRY(const Json* subject, reader.object("credentialSubject"));
  const JsonReader about(*subject, "status list");
  const auto purpose = about.text("statusPurpose", 32);
  if (!purpose || *purpose != "revocation") return forged("it is not about revocation.");
  SWARMA_TRY(const std::string bits, about.text("encodedList", kMaxListBytes));
  return StatusList::decode(bits);
}

}  // namespace swarma::access::pass
