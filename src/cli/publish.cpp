// swarma publish FILE: packages, encrypts and signs on this machine; a node gets ciphertext, the record and the sealed
// secret.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <csignal>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>

#include "access/grant/acceptance.h"
#include "access/policy/policy.h"
#include "cli/identity.h"
#include "cli/node_info.h"
#include "cli/program.h"
#include "cli/terminal.h"
#include "content/publish/blob_route.h"
#include "content/publish/check.h"
#include "content/publish/publisher.h"
#include "title/title_record.h"

namespace swarma::cli {
namespace {

struct PublishOptions {
  Common common;
  std::string file, node = "http://127.0.0.1:8420", title, summary, language, policy = "goodwill", ladder = "auto",
                    poster, token, revise;
  std::vector<std::string> tags, captions;
  double poster_at = -1;
  bool check = false, own_agent = false;
  unsigned connections = 8;
};

std::atomic<bool> cancelled{false};

Result<std::vector<content::media::SidecarCaptions>> parse_captions_options(const std::vector<std::string>& texts) {
  std::vector<content::media::SidecarCaptions> out;
  for (const std::string& text : texts) {
    SWARMA_TRY(auto captions, content::media::SidecarCaptions::parse(text));
    out.push_back(std::move(captions));
  }
  return out;
}

/// The title a new revision replaces, from the node's record, which only this creator could have signed.
Result<content::publish::ExistingTitle> find_existing(net::HttpClient& http, const std::string& node,
                                                      const std::string& id_text, const crypto::Did& creator) {
  SWARMA_TRY(const TitleId id, TitleId::parse(id_text));
  SWARMA_TRY(const Json body, client::get_json(http, node + "/v1/titles/" + id.text()));
  SWARMA_TRY(const std::string jws, JsonReader(body, "title").text("record", title::kMaxRecordBytes));
  SWARMA_TRY(const title::TitleRecord record, title::verify_record(jws));
  if (record.id != id || !(record.creator == creator))
    return fail(ErrorCode::Forbidden, "not_creator", "Only the creator of a title can publish a new revision of it.");
  return content::publish::ExistingTitle{id, record.nonce, record.revision + 1};
}

/// What the creator may not have meant with the terms.
Result<std::vector<std::string>> remarks_on(const std::string& jws) {
  SWARMA_TRY(const title::TitleRecord record, title::verify_record(jws));
  SWARMA_TRY(const access::policy::Policy policy, access::policy::parse_policy_text(record.policy));
  return access::policy::remarks(policy, {record.slots, record.duration_ms, record.key_groups});
}

Json result_json(const content::publish::PublishResult& result) {
  Json renditions = Json::array();
  for (const auto& r : result.renditions)
    renditions.push_back(
        {{"name", r.name}, {"width", r.width}, {"height", r.height}, {"copied", r.copied}, {"bytes", r.bytes}});
  Json tracks = Json::array();
  for (const auto& t : result.tracks)
    tracks.push_back(
        {{"id", t.id}, {"name", t.name}, {"language", t.language}, {"codecs", t.codecs}, {"bytes", t.bytes}});
  return {{"title_id", result.id.text()},
          {"revision", result.revision},
          {"duration_ms", result.duration_ms},
          {"renditions", renditions},
          {"tracks", tracks},
          {"bytes", result.bytes},
          {"record", result.record},
          {"notes", result.notes}};
}

void print_result(const content::publish::PublishResult& result, const std::string& node) {
  std::string renditions;
  for (const auto& r : result.renditions)
    renditions += fmt::format("{}{} ({}×{}{})", renditions.empty() ? "" : ", ", r.name, r.width, r.height,
                              r.copied ? ", copied" : "");
  tell("Published {}\n  revision    {}\n  length      {}\n  renditions  {}\n  stored      {}\n  watch       {}/t/{}\n",
       result.id.text(), result.revision, format_duration(result.duration_ms), renditions, format_bytes(result.bytes),
       node, result.id.text());
  for (const std::string& note : result.notes) tell("  note        {}\n", note);
}

std::string shape_of(const content::media::VideoStream& v) {
  return fmt::format("{}, {}×{}, {:.4g} pictures a second{}", v.codec, v.width, v.height, v.frame_rate,
                     v.interlaced ? ", interlaced" : "");
}

void print_check(const content::publish::FilmCheck& check) {
  const auto line = [](std::string_view name, const std::string& text) { tell("  {:<10}  {}\n", name, text); };
  tell("{}\n", check.can_be_published() ? "This film can be published." : "This film cannot be published as it is.");
  if (check.info.video.stream_index >= 0) {
    line("length", format_duration(check.info.duration_ms));
    line("picture", shape_of(check.info.video));
    for (const auto& a : check.info.audio)
      line("sound", fmt::format("{}, {}, {} channel{}", a.language, a.codec, a.channels, a.channels == 1 ? "" : "s"));
    for (const auto& c : check.info.captions) line("captions", fmt::format("{}, {}", c.language, c.codec));
  }
  for (const auto& t : check.plan.tracks)
    line(t.kind == title::TrackKind::Video ? "rendition" : "track",
         t.width > 0 ? fmt::format("{} ({}×{}, {})", t.name, t.width, t.height, t.copy ? "copied" : "made anew")
                     : fmt::format("{} ({}{})", t.name, title::to_string(t.kind), t.copy ? ", copied" : ""));
  for (const std::string& note : check.info.notes) line("note", note);
  for (const Error& refusal : check.refusals) line("refused", fmt::format("{} [{}]", refusal.message, refusal.reason));
}

/// Needs no node and no identity.
Result<void> check(const PublishOptions& options) {
  SWARMA_TRY(content::media::LadderChoice ladder, content::media::LadderChoice::parse(options.ladder));
  SWARMA_TRY(auto captions, parse_captions_options(options.captions));
  SWARMA_TRY(const auto check, content::publish::check_film({.file = options.file,
                                                             .ladder = std::move(ladder),
                                                             .captions = std::move(captions),
                                                             .poster = options.poster}));
  if (options.common.json) {
    print_json(content::publish::check_json(check));
  } else {
    print_check(check);
  }
  if (check.can_be_published()) return {};
  return std::unexpected(check.refusals.front());
}

/// The key agent that this identity is at home (swarma agent).
title::KeyAgentRef own_agent(const crypto::Identity& identity) {
  return {identity.signing.did(), identity.decryption.encryption_key()};
}

Result<void> publish(const PublishOptions& options) {
  if (options.check) return check(options);
  SWARMA_TRY(const std::string node, parse_node_url(options.node));
  SWARMA_TRY(content::media::LadderChoice ladder, content::media::LadderChoice::parse(options.ladder));
  SWARMA_TRY(auto captions, parse_captions_options(options.captions));
  SWARMA_TRY(const ChosenPolicy policy, load_policy(options.policy));
  SWARMA_TRY(const crypto::Identity identity, open_identity(options.common));
  net::HttpClient http({.ca_file = options.common.ca_file});
  const SystemClock clock;
  client::Node client(http, {.url = node, .token = options.token, .patience = {}}, identity.signing, clock);
  SWARMA_TRY(const client::NodeInfo info, client.read_info());
  content::publish::PublishRequest request{
      .file = options.file,
      .name = options.title,
      .summary = options.summary,
      .language = options.language,
      .tags = options.tags,
      .policy = policy.canonical,
      .codes = policy.codes,
      .ladder = std::move(ladder),
      .captions = std::move(captions),
      .existing = {},
      .agent = options.own_agent ? own_agent(identity) : info.agent,
      .poster_at_us = options.poster_at < 0 ? -1 : static_cast<std::int64_t>(options.poster_at * 1e6),
      .poster = options.poster,
      .destination = node,
      .data_folder = options.common.data};
  if (!options.revise.empty()) {
    SWARMA_TRY(request.existing, find_existing(http, node, options.revise, identity.signing.did()));
  }

  std::signal(SIGINT, [](int) { cancelled = true; });
  SWARMA_TRY(const auto blobs,
             content::publish::choose_blob_sink(client, options.common.data / "blobs", options.connections));
  access::grant::LocalKeyAgent agent(identity.signing, identity.decryption);
  content::publish::HttpPublishPort::Accept accept;
  if (options.own_agent)
    accept = [&](const std::string& record, const std::string& sealed) {
      return access::grant::sign_acceptance(agent, identity.signing, identity.master, record, sealed);
    };
  content::publish::HttpPublishPort titles(client, std::move(accept));
  ProgressLine line(options.common.quiet);
  const auto progress = [&line](const content::publish::PublishProgress& p) {
    line.update(p.stage, p.fraction, p.speed > 0 ? fmt::format("{:.1f}x", p.speed) : std::string());
  };
  auto result = content::publish::publish(request, identity, clock, *blobs, titles, progress, cancelled);
  line.finish();
  if (!result) return std::unexpected(result.error());
  SWARMA_TRY(std::vector<std::string> remarks, remarks_on(result->record));
  std::ranges::move(remarks, std::back_inserter(result->notes));
  if (options.common.json) {
    print_json(result_json(*result));
  } else {
    print_result(*result, node);
  }
  return {};
}

}  // namespace

void add_publish(CLI::App& program, Commands& commands) {
  auto o = std::make_shared<PublishOptions>();
  CLI::App* app = program.add_subcommand("publish", "package, encrypt and publish a film");
  add_common(*app, o->common);
  app->add_option("file", o->file, "the film")->required();
  app->add_option("--node", o->node, "where to publish")->capture_default_str();
  app->add_option("--title", o->title, "its name; default: the file's name");
  app->add_option("--summary", o->summary, "what it is about");
  app->add_option("--language", o->language, "language of title and summary (BCP 47)");
  app->add_option("--tag", o->tags, "a tag; may repeat");
  app->add_option("--policy", o->policy, "open, goodwill, puzzle, code:XXXX, or a policy file")->capture_default_str();
  app->add_option("--ladder", o->ladder, "auto, copy, or heights such as 720,480")->capture_default_str();
  app->add_option("--captions", o->captions,
                  "LANG[:WORD]=FILE, SRT or WebVTT; WORD is an encoding (windows-1251), forced, sdh, commentary or "
                  "default; may repeat");
  app->add_flag("--check", o->check, "only say what would be published, what is left out and why; encodes nothing");
  app->add_option("--poster", o->poster, "a picture of your own for the poster: JPEG, PNG or WebP");
  app->add_option("--poster-at", o->poster_at, "second of the film that makes the poster")->excludes("--poster");
  app->add_option("--revise", o->revise, "TITLE_ID: publish as a new revision of this title");
  app->add_flag("--own-agent", o->own_agent,
                "the node gets no way to the keys: your own agent gives them out (swarma agent)");
  app->add_option("--token", o->token, "a token of the node's owner, to publish with another identity");
  app->add_option("--connections", o->connections, "blobs on their way at once")
      ->capture_default_str()
      ->check(CLI::Range(1, 64));
  commands.push_back({app, [o] { return publish(*o); }});
}

}  // namespace swarma::cli
