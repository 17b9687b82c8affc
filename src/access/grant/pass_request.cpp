// The body of POST /v1/passes/request.
#include <nlohmann/json.hpp>

#include "access/attest/attestation.h"
#include "access/grant/pass_desk.h"
#include "access/pass/holder.h"
#include "base/json.h"

namespace swarma::access::grant {

Result<PassRequest> parse_pass_request(const Json& body) {
  const JsonReader reader(body, "request");
  SWARMA_RETURN_IF_ERROR(reader.only({"title_id", "revision", "path", "attestations", "holder"}));
  SWARMA_TRY(const std::string id, reader.text("title_id", 26));
  SWARMA_TRY(const TitleId title, TitleId::parse(id));
  PassRequest request{.title = title, .path = {}, .attestations = {}, .holder_proof = {}, .viewer = {}, .base_url = {}};
  SWARMA_TRY(request.revision, reader.integer("revision", 1, std::int64_t{1} << 50));
  SWARMA_TRY(request.path, reader.text("path", 32));
  SWARMA_TRY(request.holder_proof, reader.text_or("holder", pass::kMaxHolderProofBytes, ""));
  SWARMA_TRY(const Json* list, reader.array("attestations", kMaxPassAttestations));
  for (const Json& item : *list) {
    if (!item.is_string() || item.get_ref<const std::string&>().size() > attest::kMaxAttestationBytes)
      return fail(ErrorCode::BadRequest, "bad_member", "\"attestations\" must hold attestations.");
    request.attestations.push_back(item.get<std::string>());
  }
  return request;
}

}  // namespace swarma::access::grant
