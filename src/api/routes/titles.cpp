// /v1/titles: publish, read, revise, unpublish; and the owner's list for the studio.
#include <nlohmann/json.hpp>

#include "api/auth.h"
#include "api/problem.h"
#include "api/publish_title.h"
#include "api/routes.h"
#include "api/terms.h"
#include "base/text.h"
#include "title/hls_playlist.h"
#include "title/title_details.h"

namespace swarma::api {
namespace {

Result<TitleId> title_id_of(const net::Request& request) {
  return TitleId::parse(request.path_params.front());
}

Result<net::Response> publish(Services& services, const net::Request& request) {
  SWARMA_TRY(const Caller caller, authenticate_creator(services, request));
  SWARMA_TRY(const Json body, parse_body(request));
  const JsonReader reader(body, "request");
  SWARMA_RETURN_IF_ERROR(reader.only({"record", "sealed"}));
  SWARMA_TRY(const std::string record, reader.text("record", title::kMaxRecordBytes));
  SWARMA_TRY(const std::string sealed, reader.text("sealed", title::kMaxSealedBytes));
  SWARMA_TRY(const PublishedTitle published, publish_title(services, record, sealed, caller.did));
  return json_response(
      published.repeated ? 200 : 201,
      {{"title_id", published.id.text()}, {"revision", published.revision}, {"notes", published.notes}});
}

Result<net::Response> get_title(Services& services, const net::Request& request) {
  SWARMA_TRY(const TitleId id, title_id_of(request));
  SWARMA_TRY(const auto stored, services.registry.find(id));
  SWARMA_TRY(Json payload, crypto::peek_jws(stored->record_jws));
  net::Response response = json_response(200, {{"record", stored->record_jws}, {"title", std::move(payload)}});
  make_revalidated(response);
  return response;
}

Result<net::Response> unpublish(Services& services, const net::Request& request) {
  SWARMA_RETURN_IF_ERROR(authenticate_creator(services, request));
  SWARMA_TRY(const TitleId id, title_id_of(request));
  SWARMA_RETURN_IF_ERROR(unpublish_title(services, id));
  return json_response(200, Json::object());
}

Result<std::vector<std::string>> read_tags(const JsonReader& reader) {
  SWARMA_TRY(const Json* list, reader.array("tags", 32));
  std::vector<std::string> tags;
  for (const Json& tag : *list) {
    if (!tag.is_string()) return fail(ErrorCode::BadRequest, "bad_member", "Each of \"tags\" must be a text.");
    tags.push_back(tag.get<std::string>());
  }
  return tags;
}

Result<net::Response> revise(Services& services, const net::Request& request) {
  SWARMA_RETURN_IF_ERROR(authenticate_creator(services, request));
  SWARMA_TRY(const TitleId id, title_id_of(request));
  SWARMA_TRY(const Json body, parse_body(request));
  const JsonReader reader(body, "request");
  SWARMA_RETURN_IF_ERROR(reader.only({"name", "summary", "language", "tags", "texts", "policy", "codes"}));
  Revision revision;
  if (reader.has("name")) {
    SWARMA_TRY(revision.name, reader.text("name", 300));
  }
  if (reader.has("summary")) {
    SWARMA_TRY(revision.summary, reader.text("summary", 1000));
  }
  if (reader.has("language")) {
    SWARMA_TRY(revision.language, reader.text("language", 35));
  }
  if (reader.has("tags")) {
    SWARMA_TRY(revision.tags, read_tags(reader));
  }
  if (reader.has("texts")) {
    SWARMA_TRY(revision.texts, title::read_local_texts(body["texts"]));
  }
  if (reader.has("policy")) {
    SWARMA_TRY(auto terms, parse_terms(body["policy"], body.contains("codes") ? &body["codes"] : nullptr));
    revision.policy = std::move(terms.policy);
    revision.codes = std::move(terms.codes);
  }
  SWARMA_TRY(const PublishedTitle published, revise_title(services, id, revision));
  return json_response(
      200, {{"title_id", published.id.text()}, {"revision", published.revision}, {"notes", published.notes}});
}

/// <track id>:<slot> → the blob it is.
Result<net::Response> segment(Services& services, const net::Request& request) {
  SWARMA_TRY(const TitleId id, title_id_of(request));
  const std::string_view guid = request.path_params.at(1);
  const std::size_t colon = guid.find(':');
  const auto slot = parse_number<std::size_t>(colon == std::string_view::npos ? "" : guid.substr(colon + 1));
  if (!slot) return fail(ErrorCode::BadRequest, "bad_segment", "A segment is named <track>:<slot>.");
  SWARMA_TRY(const auto stored, services.registry.find(id));
  SWARMA_TRY(const Bytes details_bytes, services.blobs.read(stored->record.details, title::kMaxDetailsBytes));
  SWARMA_TRY(const title::TitleDetails details, title::parse_details(as_text(details_bytes)));
  for (const title::Track& track : details.tracks) {
    if (track.id != guid.substr(0, colon)) continue;
    SWARMA_TRY(const Bytes text, services.blobs.read(track.playlist, title::kMaxPlaylistBytes));
    SWARMA_TRY(const title::MediaPlaylist playlist, title::parse_media_playlist(as_text(text)));
    if (*slot >= playlist.segments.size()) break;
    net::Response response;
    response.status = 302;
    response.headers.set("Location", "/" + playlist.segments[*slot].blob.hex() + "." + playlist.extension);
    return response;
  }
  return fail(ErrorCode::NotFound, "segment_not_found", "The title has no such segment.");
}

Result<net::Response> studio_titles(Services& services, const net::Request& request) {
  SWARMA_RETURN_IF_ERROR(authenticate_creator(services, request));
  Json list = Json::array();
  std::string cursor;
  do {
    SWARMA_TRY(const auto page, services.registry.search("", catalog::registry::kMaxPageSize, cursor));
    for (const auto& stored : page.titles) {
      const title::TitleRecord& r = stored->record;
      SWARMA_TRY(const std::int64_t unlocks, services.registry.find_unlocks(r.id));
      SWARMA_TRY(const Bytes details_bytes, services.blobs.read(r.details, title::kMaxDetailsBytes));
      SWARMA_TRY(const title::TitleDetails details, title::parse_details(as_text(details_bytes)));
      std::int64_t bytes = 0;
      for (const title::Track& track : details.tracks) bytes += track.bytes;
      SWARMA_TRY(Json policy, parse_json(r.policy));
      Json entry = {{"title_id", r.id.text()},
                    {"revision", r.revision},
                    {"name", r.name},
                    {"summary", r.summary},
                    {"language", r.language},
                    {"tags", r.tags},
                    {"duration_ms", r.duration_ms},
                    {"created_at", r.created_at.unix_s()},
                    {"bytes", bytes},
                    {"unlocks", unlocks},
                    {"texts", title::local_texts_json(details.texts)},
                    {"policy", std::move(policy)}};
      if (r.poster) entry["poster"] = r.poster->hex();
      list.push_back(std::move(entry));
    }
    cursor = page.next;
  } while (!cursor.empty());
  return json_response(200, {{"titles", std::move(list)}});
}

}  // namespace

void add_title_routes(Services& services, Routes& routes) {
  static constexpr std::size_t kMaxPublish = title::kMaxRecordBytes + title::kMaxSealedBytes + 1024;
  const auto add = [&](std::string method, std::string pattern, net::Where where, auto handler) {
    routes.push_back(
        {.method = std::move(method),
         .pattern = std::move(pattern),
         .where = where,
         .handler = answer(services, [&services, handler](const net::Request& r) { return handler(services, r); })});
  };
  routes.push_back(
      {.method = "POST",
       .pattern = "/v1/titles",
       .max_body = kMaxPublish,
       .handler = answer_once(services, [&services](const net::Request& r) { return publish(services, r); })});
  routes.push_back(
      {.method = "POST",
       .pattern = "/v1/titles/{id}/revise",
       .max_body = kMaxPublish,
       .handler = answer_once(services, [&services](const net::Request& r) { return revise(services, r); })});
  add("GET", "/v1/titles/{id}", where_sql(services), get_title);
  add("DELETE", "/v1/titles/{id}", net::Where::Worker, unpublish);
  add("GET", "/v1/titles/{id}/segments/{guid}", net::Where::Worker, segment);
  add("GET", "/v1/studio/titles", net::Where::Worker, studio_titles);
}

}  // namespace swarma::api
