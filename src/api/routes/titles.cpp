#include "api/routes/titles.h"

#include <nlohmann/json.hpp>

#include "access/grant/acceptance.h"
#include "access/policy/written_terms.h"
#include "api/problem.h"
#include "base/text.h"
#include "title/hls_playlist.h"
#include "title/sealed_package.h"
#include "title/title_details.h"

namespace swarma::api {
namespace {

constexpr std::size_t kMaxPublish =
    title::kMaxRecordBytes + title::kMaxSealedBytes + access::grant::kMaxAcceptanceBytes + 1024;

Result<TitleId> title_id_of(const Call& call) {
  return TitleId::parse(call.request.path_params.front());
}

/// What the creator hears: also what may not be meant with the terms.
Json receipt_json(const title::TitleRecord& record) {
  return {{"title_id", record.id.text()}, {"revision", record.revision}, {"notes", access::policy::remarks_on(record)}};
}

Result<net::Response> publish(const TitleRoutes& with, const Call& call) {
  SWARMA_TRY(const Json body, parse_body(call.request));
  const JsonReader reader(body, "request");
  SWARMA_RETURN_IF_ERROR(reader.only({"record", "sealed", "acceptance"}));
  SWARMA_TRY(const std::string record, reader.text("record", title::kMaxRecordBytes));
  SWARMA_TRY(const std::string sealed, reader.text("sealed", title::kMaxSealedBytes));
  SWARMA_TRY(const std::string acceptance, reader.text_or("acceptance", access::grant::kMaxAcceptanceBytes, ""));
  SWARMA_TRY(const auto receipt, with.desk.publish(record, sealed, acceptance, *call.caller.did));
  return json_response(receipt.repeated ? 200 : 201, receipt_json(receipt.record));
}

/// Whether keys can be had just now: the agent of a title may be elsewhere.
const char* agent_state(const TitleRoutes& with, const catalog::registry::ListedTitle& title) {
  return with.agents.is_here(title.record.agent) ? "here" : "away";
}

Result<net::Response> get_title(const TitleRoutes& with, const Call& call) {
  SWARMA_TRY(const TitleId id, title_id_of(call));
  SWARMA_TRY(const auto stored, with.registry.get(id));
  SWARMA_TRY(Json payload, crypto::peek_jws(stored->record_jws));
  net::Response response = json_response(
      200, {{"record", stored->record_jws}, {"title", std::move(payload)}, {"agent", agent_state(with, *stored)}});
  make_revalidated(response);
  return response;
}

Result<net::Response> unpublish(const TitleRoutes& with, const Call& call) {
  SWARMA_TRY(const TitleId id, title_id_of(call));
  SWARMA_RETURN_IF_ERROR(with.desk.unpublish(id, with.disk.is_full()));
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

Result<net::Response> revise(const StudioRoutes& with, const Call& call) {
  SWARMA_TRY(const TitleId id, title_id_of(call));
  SWARMA_TRY(const Json body, parse_body(call.request));
  const JsonReader reader(body, "request");
  SWARMA_RETURN_IF_ERROR(reader.only({"name", "summary", "language", "tags", "texts", "policy", "codes"}));
  content::publish::Revision revision;
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
    SWARMA_TRY(auto terms,
               access::policy::parse_written_terms(body["policy"], body.contains("codes") ? &body["codes"] : nullptr));
    revision.policy = std::move(terms.policy);
    revision.codes = std::move(terms.codes);
  }
  SWARMA_TRY(const title::TitleRecord record, with.reviser.revise(id, revision));
  return json_response(200, receipt_json(record));
}

/// <track id>:<slot> → the blob it is.
Result<net::Response> segment(const TitleRoutes& with, const Call& call) {
  SWARMA_TRY(const TitleId id, title_id_of(call));
  const std::string_view guid = call.request.path_params.at(1);
  const std::size_t colon = guid.find(':');
  const auto slot = parse_number<std::size_t>(colon == std::string_view::npos ? "" : guid.substr(colon + 1));
  if (!slot) return fail(ErrorCode::BadRequest, "bad_segment", "A segment is named <track>:<slot>.");
  SWARMA_TRY(const auto stored, with.registry.get(id));
  SWARMA_TRY(const Bytes details_bytes, with.blobs.read(stored->record.details, title::kMaxDetailsBytes));
  SWARMA_TRY(const title::TitleDetails details, title::parse_details(as_text(details_bytes)));
  for (const title::Track& track : details.tracks) {
    if (track.id != guid.substr(0, colon)) continue;
    SWARMA_TRY(const Bytes text, with.blobs.read(track.playlist, title::kMaxPlaylistBytes));
    SWARMA_TRY(const title::MediaPlaylist playlist, title::parse_media_playlist(as_text(text)));
    if (*slot >= playlist.segments.size()) break;
    net::Response response;
    response.status = 302;
    response.headers.set("Location", "/" + playlist.segments[*slot].blob.hex() + "." + playlist.extension);
    return response;
  }
  return fail(ErrorCode::NotFound, "segment_not_found", "The title has no such segment.");
}

Result<net::Response> list(const StudioRoutes& with, const Call&) {
  Json list = Json::array();
  std::string cursor;
  do {
    SWARMA_TRY(const auto page, with.registry.search("", catalog::registry::kMaxPageSize, cursor));
    for (const auto& stored : page.titles) {
      const title::TitleRecord& r = stored->record;
      SWARMA_TRY(const std::int64_t unlocks, with.registry.find_unlocks(r.id));
      SWARMA_TRY(const Bytes details_bytes, with.blobs.read(r.details, title::kMaxDetailsBytes));
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

Result<net::Response> unlocks(const StudioRoutes& with, const Call& call) {
  SWARMA_TRY(const TitleId id, title_id_of(call));
  SWARMA_TRY(const auto days, with.registry.list_unlock_days(id));
  Json list = Json::array();
  for (const auto& day : days)
    list.push_back({{"day", day.day.unix_s()}, {"path", day.path}, {"unlocks", day.unlocks}});
  return json_response(200, {{"days", std::move(list)}});
}

}  // namespace

Table routes(const TitleRoutes& with) {
  return {{.method = "POST",
           .pattern = "/v1/titles",
           .auth = Auth::Creator,
           .repeatable = true,
           .max_body = kMaxPublish,
           .handler = on(with, publish)},
          {.method = "GET", .pattern = "/v1/titles/{id}", .runs = Runs::Sql, .handler = on(with, get_title)},
          {.method = "DELETE", .pattern = "/v1/titles/{id}", .auth = Auth::Creator, .handler = on(with, unpublish)},
          {.method = "GET", .pattern = "/v1/titles/{id}/segments/{guid}", .handler = on(with, segment)}};
}

Table routes(const StudioRoutes& with) {
  return {{.method = "POST",
           .pattern = "/v1/titles/{id}/revise",
           .auth = Auth::Creator,
           .repeatable = true,
           .max_body = kMaxPublish,
           .handler = on(with, revise)},
          {.method = "GET", .pattern = "/v1/studio/titles", .auth = Auth::Creator, .handler = on(with, list)},
          {.method = "GET",
           .pattern = "/v1/studio/titles/{id}/unlocks",
           .auth = Auth::Creator,
           .runs = Runs::Sql,
           .handler = on(with, unlocks)}};
}

}  // namespace swarma::api
