#include "title/sealed_package.h"

#include <nlohmann/json.hpp>

namespace swarma::title {
namespace {

std::unexpected<Error> bad_package(std::string why) {
  return fail(ErrorCode::Corrupt, "sealed_package_bad",
              "The sealed package of this title cannot be used: " + std::move(why));
}

void wipe_text(std::string& text) {
  crypto::wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
}

void wipe_texts(Json& json) {
  if (json.is_string())
    wipe_text(json.get_ref<std::string&>());
  else if (json.is_structured())
    for (Json& child : json) wipe_texts(child);
}

Result<SealedPackage> read_package(const Json& json, const TitleId& title, std::int64_t revision) {
  const JsonReader reader(json, "sealed package");
  SWARMA_RETURN_IF_ERROR(reader.only({"title_id", "revision", "title_secret", "codes"}));
  SWARMA_TRY(const std::string id, reader.text("title_id", 26));
  SWARMA_TRY(const std::int64_t number, reader.integer("revision", 1, std::int64_t{1} << 50));
  if (id != title.text() || number != revision)
    return fail(ErrorCode::BadRequest, "other_title", "it belongs to another title or revision.");
  SWARMA_TRY(std::string text, reader.text("title_secret", 43));
  auto bytes = parse_base64url(text);
  wipe_text(text);
  if (!bytes || bytes->size() != 32)
    return fail(ErrorCode::BadRequest, "bad_secret", "its title secret is not 32 bytes of base64url.");
  SealedPackage package{title, revision, {}, {}};
  std::copy(bytes->begin(), bytes->end(), package.title_secret.expose_mutable().begin());
  crypto::wipe(*bytes);
  if (!reader.has("codes")) return package;
  SWARMA_TRY(const Json* codes, reader.object("codes"));
  SWARMA_TRY(package.codes, read_codes(*codes));
  return package;
}

}  // namespace

std::string seal_package(const SealedPackage& package, const crypto::EncryptionKey& agent) {
  Json json = {{"title_id", package.title.text()},
               {"revision", package.revision},
               {"title_secret", to_base64url(package.title_secret.expose())},
               {"codes", codes_json(package.codes)}};
  std::string text = json.dump();
  std::string sealed = crypto::encrypt_jwe(agent, kSealedTyp, view(text));
  wipe_text(text);
  wipe_texts(json);
  return sealed;
}

Result<SealedPackage> open_package(std::string_view jwe, const crypto::DecryptionKey& agent, const TitleId& title,
                                   std::int64_t revision) {
  auto plain = crypto::decrypt_jwe(agent, jwe, kMaxSealedBytes);
  if (!plain) return bad_package("it was sealed to another key agent, or it was changed.");
  auto json = parse_json(as_text(*plain));
  crypto::wipe(*plain);
  if (!json) return bad_package("its content cannot be read.");
  auto package = read_package(*json, title, revision);
  wipe_texts(*json);
  if (!package) return bad_package(package.error().message);
  return package;
}

}  // namespace swarma::title
