#include "api/routes/media.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "access/policy/written_terms.h"
#include "api/problem.h"
#include "content/publish/check.h"
#include "content/publish/jobs.h"
#include "crypto/hash.h"

namespace swarma::api {
namespace {

using content::publish::JobRequest;
using content::publish::JobState;
using content::publish::JobStatus;

/// What could not be kept of the film, and what may not be meant with its terms.
std::vector<std::string> notes_of(const content::publish::PublishResult& result) {
  std::vector<std::string> notes = result.notes;
  if (const auto record = title::verify_record(result.record))
    for (std::string& remark : access::policy::remarks_on(*record)) notes.push_back(std::move(remark));
  return notes;
}

Json status_json(const JobStatus& status) {
  Json out = {{"media_id", status.id},       {"state", std::string(to_string(status.state))},
              {"name", status.name},         {"stage", status.stage},
              {"fraction", status.fraction}, {"speed", status.speed}};
  if (status.seconds_left >= 0) out["eta_s"] = status.seconds_left;
  if (status.result) {
    out["title_id"] = status.result->id.text();
    out["revision"] = status.result->revision;
    out["duration_ms"] = status.result->duration_ms;
    out["bytes"] = status.result->bytes;
    out["record"] = status.result->record;
    out["notes"] = notes_of(*status.result);
    out["renditions"] = Json::array();
    for (const auto& r : status.result->renditions)
      out["renditions"].push_back(
          {{"name", r.name}, {"width", r.width}, {"height", r.height}, {"copied", r.copied}, {"bytes", r.bytes}});
  }
  if (status.error)
    out["problem"] = {{"type", "/problems/" + status.error->reason},
                      {"title", std::string(to_string(status.error->code))},
                      {"status", http_status(*status.error)},
                      {"reason", status.error->reason},
                      {"detail", status.error->message}};
  return out;
}

/// Language and upload id of each.
Result<std::vector<content::publish::UploadedCaptions>> parse_captions(const JsonReader& reader) {
  std::vector<content::publish::UploadedCaptions> out;
  if (!reader.has("captions")) return out;
  SWARMA_TRY(const Json* captions, reader.array("captions", 64));
  for (const Json& item : *captions) {
    const JsonReader caption(item, "captions");
    SWARMA_RETURN_IF_ERROR(caption.only({"language", "upload_id", "encoding"}));
    auto& file = out.emplace_back();
    SWARMA_TRY(file.language, caption.text("language", 35));
    SWARMA_TRY(file.upload_id, caption.text("upload_id", 64));
    SWARMA_TRY(file.encoding, caption.text_or("encoding", 40, ""));
  }
  return out;
}

Result<JobRequest> parse_job(const Json& body) {
  const JsonReader reader(body, "request");
  SWARMA_RETURN_IF_ERROR(reader.only({"upload_id", "name", "summary", "language", "tags", "texts", "policy", "codes",
                                      "ladder", "captions", "poster", "title_id"}));
  JobRequest job;
  SWARMA_TRY(job.upload_id, reader.text("upload_id", 64));
  SWARMA_TRY(job.name, reader.text("name", 300));
  SWARMA_TRY(job.summary, reader.text_or("summary", 1000, ""));
  SWARMA_TRY(job.language, reader.text_or("language", 35, ""));
  SWARMA_TRY(job.ladder, reader.text_or("ladder", 60, "auto"));
  SWARMA_TRY(job.title_id, reader.text_or("title_id", 26, ""));
  if (reader.has("tags")) {
    SWARMA_TRY(const Json* tags, reader.array("tags", 32));
    for (const Json& tag : *tags) {
      if (!tag.is_string()) return fail(ErrorCode::BadRequest, "bad_member", "Each of \"tags\" must be a text.");
      job.tags.push_back(tag.get<std::string>());
    }
  }
  if (reader.has("texts")) {
    SWARMA_TRY(job.texts, title::read_local_texts(body["texts"]));
  }
  SWARMA_TRY(job.captions, parse_captions(reader));
  if (reader.has("poster")) {
    SWARMA_TRY(const Json* poster, reader.object("poster"));
    const JsonReader choice(*poster, "poster");
    SWARMA_RETURN_IF_ERROR(choice.only({"at_ms", "upload_id"}));
    if (choice.has("at_ms") == choice.has("upload_id"))
      return fail(ErrorCode::BadRequest, "bad_member", "\"poster\" is either \"at_ms\" or \"upload_id\".");
    if (choice.has("at_ms")) {
      SWARMA_TRY(job.poster_ms, choice.integer("at_ms", 0, INT64_MAX / 1000));
    } else {
      SWARMA_TRY(job.poster, choice.text("upload_id", 64));
    }
  }
  const Json policy = body.contains("policy") ? body["policy"] : Json("goodwill");
  SWARMA_TRY(auto terms,
             access::policy::parse_written_terms(policy, body.contains("codes") ? &body["codes"] : nullptr));
  job.policy = std::move(terms.policy);
  job.codes = std::move(terms.codes);
  return job;
}

Result<net::Response> accepted(const MediaRoutes& with, const JobRequest& job) {
  SWARMA_TRY(const std::string id, with.jobs.add(job));
  SWARMA_TRY(const JobStatus status, with.jobs.get(id));
  return json_response(202, status_json(status));
}

Result<net::Response> package(const MediaRoutes& with, const Call& call) {
  SWARMA_TRY(const Json body, parse_body(call.request));
  SWARMA_TRY(const JobRequest job, parse_job(body));
  return accepted(with, job);
}

/// The same look at a film as at the beginning of a job, while it is still arriving too.
Result<net::Response> check(const MediaRoutes& with, const Call& call) {
  SWARMA_TRY(const Json body, parse_body(call.request));
  const JsonReader reader(body, "request");
  SWARMA_RETURN_IF_ERROR(reader.only({"upload_id", "ladder", "captions", "poster_upload_id"}));
  SWARMA_TRY(const std::string upload_id, reader.text("upload_id", 64));
  SWARMA_TRY(const std::string ladder, reader.text_or("ladder", 60, "auto"));
  SWARMA_TRY(const std::string poster, reader.text_or("poster_upload_id", 64, ""));
  SWARMA_TRY(const auto captions, parse_captions(reader));
  SWARMA_TRY(const auto upload, with.spool.get(upload_id));
  content::publish::CheckRequest look{.so_far = !upload.complete()};
  SWARMA_TRY(look.file, with.spool.film_so_far(upload_id));
  SWARMA_TRY(look.ladder, content::media::LadderChoice::parse(ladder));
  for (const auto& c : captions) {
    SWARMA_TRY(auto file, with.spool.film(c.upload_id));
    look.captions.push_back({.language = c.language, .file = std::move(file), .encoding = c.encoding});
  }
  if (!poster.empty()) {
    SWARMA_TRY(look.poster, with.spool.film(poster));
  }
  SWARMA_TRY(const auto answer, content::publish::check_film(look));
  return json_response(200, content::publish::check_json(answer));
}

Result<net::Response> list(const MediaRoutes& with, const Call&) {
  Json jobs = Json::array();
  SWARMA_TRY(const std::vector<JobStatus> all, with.jobs.list());
  for (const JobStatus& status : all) jobs.push_back(status_json(status));
  return json_response(200, {{"jobs", std::move(jobs)}});
}

Result<JobStatus> find_job(const MediaRoutes& with, const Call& call) {
  return with.jobs.get(call.request.path_params.front());
}

Result<net::Response> status(const MediaRoutes& with, const Call& call) {
  SWARMA_TRY(const JobStatus found, find_job(with, call));
  return json_response(200, status_json(found));
}

Result<net::Response> cancel(const MediaRoutes& with, const Call& call) {
  SWARMA_RETURN_IF_ERROR(with.jobs.cancel(call.request.path_params.front()));
  return json_response(200, Json::object());
}

std::string event_of(const JobStatus& status) {
  const char* event = !status.is_over() ? "progress" : status.state == JobState::Done ? "done" : "failed";
  return fmt::format("event: {}\ndata: {}\n\n", event,
                     status_json(status).dump(-1, ' ', false, Json::error_handler_t::replace));
}

/// Server-sent events: what is now, then every change; a comment every ten seconds of silence.
Result<net::Response> events(const MediaRoutes& with, const Call& call) {
  SWARMA_TRY(const JobStatus first, find_job(with, call));
  net::Response response;
  response.headers.set("Content-Type", "text/event-stream");
  response.headers.set("Cache-Control", "no-store, no-transform");
  response.headers.set("X-Accel-Buffering", "no");  // nginx would hold events back until the job ends
  const auto start = [&jobs = with.jobs, id = first.id](net::StreamWriter writer) {
    jobs.watch(id, [writer = std::move(writer)](const JobStatus& status) mutable {
      return writer.write(event_of(status)) && !status.is_over();
    });
  };
  response.body = net::StreamBody{.start = start,
                                  .heartbeat = ": still here\n\n",
                                  .silence = std::chrono::seconds(10),
                                  .farewell = "event: dropped\ndata: {\"reason\":\"slow_reader\"}\n\n"};
  return response;
}

/// A whole film as the body of one request, into the spool as it arrives.
class FilmUpload final : public net::BodySink {
 public:
  FilmUpload(const MediaRoutes& with, std::string id, std::unique_ptr<content::publish::UploadWriter> writer,
             JobRequest job, std::string digest)
      : with_(with), id_(std::move(id)), writer_(std::move(writer)), job_(std::move(job)), digest_(std::move(digest)) {}
  ~FilmUpload() override {
    if (!finished_) (void)with_.spool.remove(id_);  // the client went away: nothing stays
  }

  Result<void> write(ByteView piece) override {
    hash_.update(piece);
    return writer_->write(piece);
  }

  net::Response finish(const net::Request&) override {
    if (to_base64url(hash_.finish()) != digest_)
      return problem_response({ErrorCode::Unauthenticated, "invalid_dpop_proof",
                               "The film that arrived is not the one that the DPoP proof names in \"htd\"."});
    if (const auto whole = writer_->commit(); !whole) return problem_response(whole.error());
    job_.upload_id = id_;
    const auto answer = accepted(with_, job_);
    finished_ = answer.has_value();
    return answer ? *answer : problem_response(answer.error());
  }

 private:
  const MediaRoutes with_;
  std::string id_;
  std::unique_ptr<content::publish::UploadWriter> writer_;
  JobRequest job_;
  std::string digest_;  // base64url SHA-256 that the proof names
  crypto::Sha256 hash_;
  bool finished_ = false;
};

Result<std::unique_ptr<net::BodySink>> begin_film(const MediaRoutes& with, const Call& call) {
  const net::Request& head = call.request;
  JobRequest job;
  SWARMA_TRY(const auto name, net::find_query(head.query, "name", 300));
  if (!name || name->empty()) return fail(ErrorCode::BadRequest, "bad_query", "Give the film a name: ?name=…");
  job.name = *name;
  SWARMA_TRY(const auto ladder, net::find_query(head.query, "ladder", 60));
  job.ladder = ladder.value_or("auto");
  SWARMA_TRY(const auto policy, net::find_query(head.query, "policy", 16 * 1024));
  SWARMA_TRY(auto terms, access::policy::parse_written_terms(Json(policy.value_or("goodwill")), nullptr));
  job.policy = std::move(terms.policy);
  job.codes = std::move(terms.codes);
  const std::string length(head.headers.get("Content-Length"));
  if (length.empty() || length.find_first_not_of("0123456789") != std::string::npos || length.size() > 18)
    return fail(ErrorCode::BadRequest, "length_required",
                "A film needs Content-Length; to send it in pieces use /v1/uploads.");
  SWARMA_TRY(const auto upload, with.spool.create(std::stoull(length), job.name));
  SWARMA_TRY(auto writer, with.spool.begin_append(upload.id, 0));
  return std::make_unique<FilmUpload>(with, upload.id, std::move(writer), std::move(job), call.caller.body_digest);
}

}  // namespace

Table routes(const MediaRoutes& with) {
  const auto entry = [](std::string method, std::string pattern, ApiHandler handler) {
    return Entry{.method = std::move(method),
                 .pattern = std::move(pattern),
                 .auth = Auth::Creator,
                 .handler = std::move(handler)};
  };
  Table table = {
      entry("POST", "/v1/media", on(with, package)),       entry("POST", "/v1/media/check", on(with, check)),
      entry("GET", "/v1/media", on(with, list)),           entry("GET", "/v1/media/{id}", on(with, status)),
      entry("DELETE", "/v1/media/{id}", on(with, cancel)), entry("GET", "/v1/media/{id}/events", on(with, events))};
  table.front().repeatable = true;
  table.push_back({.method = "POST",
                   .pattern = "/v1/media/upload",
                   .auth = Auth::Creator,
                   .max_body = with.spool.max_bytes(),
                   .sink = [with](const Call& call) { return begin_film(with, call); },
                   .digest = [](const net::Request&) -> Result<std::string> { return std::string(kBodyFollows); }});
  return table;
}

}  // namespace swarma::api
