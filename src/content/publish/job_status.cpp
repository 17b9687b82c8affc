#include "content/publish/job_status.h"

#include <array>
#include <nlohmann/json.hpp>

namespace swarma::content::publish {
namespace {

constexpr std::array kStates = {std::pair{JobState::Queued, "queued"}, std::pair{JobState::Working, "working"},
                                std::pair{JobState::Done, "done"}, std::pair{JobState::Failed, "failed"},
                                std::pair{JobState::Cancelled, "cancelled"}};

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json result_json(const PublishResult& result) {
  Json renditions = Json::array();
  for (const Rendition& r : result.renditions) renditions.push_back({r.name, r.width, r.height, r.copied, r.bytes});
  return {{"id", result.id.text()},   {"revision", result.revision}, {"duration_ms", result.duration_ms},
          {"renditions", renditions}, {"bytes", result.bytes},       {"record", result.record},
          {"notes", result.notes}};
}

std::optional<PublishResult> read_result(const Json& json) {
  const auto id = TitleId::parse(json.at("id").get<std::string>());
  if (!id) return std::nullopt;
  PublishResult result{.id = *id,
                       .revision = json.at("revision"),
                       .duration_ms = json.at("duration_ms"),
                       .renditions = {},
                       .tracks = {},
                       .bytes = json.at("bytes"),
                       .record = json.at("record"),
                       .notes = json.at("notes")};
  for (const Json& r : json.at("renditions"))
    result.renditions.push_back({r.at(0), r.at(1), r.at(2), r.at(3), r.at(4)});
  return result;
}

/// Jobs of older versions hold [name, summary].
Result<title::LocalTexts> read_texts(Json json) {
  for (auto& [language, text] : json.items())
    if (text.is_array()) text = {{"name", text.at(0)}, {"summary", text.at(1)}};
  return title::read_local_texts(json);
}

}  // namespace

std::string_view to_string(JobState state) {
  for (const auto& [value, name] : kStates)
    if (value == state) return name;
  return "failed";
}

JobState job_state_of(std::string_view text) {
  for (const auto& [value, name] : kStates)
    if (name == text) return value;
  return JobState::Failed;
}

std::vector<std::string> JobRequest::uploads() const {
  std::vector<std::string> out{upload_id};
  for (const UploadedCaptions& c : captions) out.push_back(c.upload_id);
  if (!poster.empty()) out.push_back(poster);
  return out;
}

std::string write_request(const JobRequest& r) {
  Json captions = Json::array();
  for (const UploadedCaptions& c : r.captions) captions.push_back({c.language, c.upload_id, c.encoding});
  return dump({{"upload_id", r.upload_id},
               {"name", r.name},
               {"summary", r.summary},
               {"language", r.language},
               {"tags", r.tags},
               {"policy", r.policy},
               {"codes", title::codes_json(r.codes).dump()},
               {"ladder", r.ladder},
               {"poster_ms", r.poster_ms},
               {"title_id", r.title_id},
               {"captions", captions},
               {"texts", title::local_texts_json(r.texts)},
               {"poster", r.poster},
               {"nonce", r.nonce}});
}

Result<JobRequest> read_request(std::string_view text) {
  const auto unreadable = fail(ErrorCode::Corrupt, "job_unreadable",
                               "This job was written by another version of the program. Ask for the film again.");
  const auto json = parse_json(text);
  if (!json) return unreadable;
  const Json& j = *json;
  try {
    JobRequest r{.upload_id = j.at("upload_id"),
                 .name = j.at("name"),
                 .summary = j.at("summary"),
                 .language = j.at("language"),
                 .tags = j.at("tags"),
                 .texts = {},
                 .policy = j.at("policy"),
                 .codes = {},
                 .ladder = j.at("ladder"),
                 .captions = {},
                 .poster_ms = j.at("poster_ms"),
                 .poster = j.value("poster", ""),
                 .title_id = j.at("title_id"),
                 .nonce = j.value("nonce", "")};
    auto texts = read_texts(j.at("texts"));
    const auto lists = parse_json(j.at("codes").get_ref<const std::string&>());
    if (!lists) return unreadable;
    auto codes = title::read_codes(*lists);
    if (!texts || !codes) return unreadable;
    r.texts = *std::move(texts);
    r.codes = *std::move(codes);
    for (const Json& c : j.at("captions"))  // without an encoding in jobs of older versions
      r.captions.push_back({c.at(0), c.at(1), c.size() > 2 ? c.at(2).get<std::string>() : std::string()});
    return r;
  } catch (const Json::exception&) {
    return unreadable;
  }
}

std::string write_status(const JobStatus& s) {
  Json json = {{"name", s.name},
               {"stage", s.stage},
               {"fraction", s.fraction},
               {"speed", s.speed},
               {"seconds_left", s.seconds_left}};
  if (s.result) json["result"] = result_json(*s.result);
  if (s.error) json["error"] = {static_cast<int>(s.error->code), s.error->reason, s.error->message};
  return dump(json);
}

JobStatus read_status(std::string_view text) {
  JobStatus s;
  const auto json = parse_json(text);
  if (!json) return s;
  const Json& j = *json;
  try {
    s.name = j.at("name");
    s.stage = j.at("stage");
    s.fraction = j.at("fraction");
    s.speed = j.at("speed");
    s.seconds_left = j.at("seconds_left");
    if (j.contains("result")) s.result = read_result(j["result"]);
    if (j.contains("error"))
      s.error = Error{static_cast<ErrorCode>(j["error"].at(0).get<int>()), j["error"].at(1), j["error"].at(2)};
  } catch (const Json::exception&) {
    // Of another version: what could be read is shown.
  }
  return s;
}

}  // namespace swarma::content::publish
