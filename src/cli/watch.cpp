// swarma watch TITLE: unlocks, fetches, verifies, decrypts; into a file, a player, or plain HLS on loopback.
#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/file.h"
#include "base/text.h"
#include "cli/identity.h"
#include "cli/node_info.h"
#include "cli/program.h"
#include "cli/terminal.h"
#include "content/watch/export_mp4.h"
#include "content/watch/loopback_hls.h"
#include "viewer/session.h"

extern char** environ;

namespace swarma::cli {
namespace {

namespace unlock = access::unlock;
namespace watch = content::watch;

struct WatchOptions {
  Common common;
  std::string title, node = "http://127.0.0.1:8420", code, pass_file, path, output, listen, player, quality = "best";
  bool accept = false;
};

unlock::Answers make_answers(const WatchOptions& options, ProgressLine& line) {
  unlock::Answers answers;
  answers.accept_goodwill = options.accept;
  answers.code = options.code;
  answers.path = options.path;
  answers.ask_goodwill = [](const std::string& text) {
    const auto reply = ask("“" + text + "” Do you accept? [y/N]");
    return reply && (*reply == "y" || *reply == "Y" || *reply == "yes");
  };
  answers.ask_code = [](const std::string& list) -> std::optional<std::string> {
    const auto reply = ask("Your code of “" + list + "”:");
    if (!reply || reply->empty()) return std::nullopt;
    return *reply;
  };
  const auto ask_again = [](const std::string& complaint, std::string_view question) -> std::optional<std::string> {
    if (!complaint.empty()) say(complaint);
    const auto reply = ask(question);
    return reply ? std::optional(*reply) : std::nullopt;
  };
  answers.ask_address = [ask_again](const std::string& complaint) {
    return ask_again(complaint, "Your e-mail address, to which a code is sent:");
  };
  answers.ask_mail_code = [ask_again](const std::string& complaint) {
    return ask_again(complaint, "The code of the mail (or press its link's button, then Enter here):");
  };
  answers.ask_question = [](const std::string& question) -> std::optional<std::string> {
    const auto reply = ask(question);
    return reply && !reply->empty() ? std::optional(*reply) : std::nullopt;
  };
  answers.run_errand = [&line](const unlock::Errand& errand) -> std::optional<std::vector<std::string>> {
    line.finish();
    for (const std::string& sentence : errand.tell) say(sentence);
    std::vector<std::string> brought;
    for (const std::string& question : errand.bring) {
      auto reply = ask(question);
      if (!reply) return std::nullopt;
      brought.push_back(*std::move(reply));
    }
    return brought;
  };
  answers.on_waiting = [&line, last = std::string()](const std::string& sentence) mutable {
    line.finish();
    if (sentence != last) say(sentence);
    last = sentence;
    return true;
  };
  answers.on_puzzle = [&line](double part) {
    line.update("puzzle", std::min(part, 0.99), part > 1 ? "longer than expected" : "");
    return true;
  };
  answers.on_wait = [](const std::string& sentence) { say(sentence); };
  answers.ask_elsewhere = [&line](const std::vector<std::string>& lines,
                                  bool wants_account) -> std::optional<std::string> {
    line.finish();
    for (const std::string& one : lines) say(one);
    const auto reply = ask(wants_account ? "Your account (@name@server):" : "Press Enter when you have done so:");
    return reply ? std::optional(*reply) : std::nullopt;
  };
  return answers;
}

Json grant_json(const access::policy::GrantClaims* grant) {
  if (grant == nullptr) return nullptr;
  return {{"grant_id", grant->grant_id},
          {"path", grant->path},
          {"slots", {grant->slots.begin, grant->slots.end}},
          {"key_groups", grant->key_groups},
          {"expires_at", grant->expires_at.unix_s()}};
}

Result<void> write_film(const WatchOptions& options, SlotRange range, viewer::Session& session, ProgressLine& line) {
  const auto result = watch::export_mp4(
      session.reader(), {.output = options.output, .quality = {options.quality}, .range = range},
      [&line](double done, double total) { line.update("watch", total > 0 ? done / total : -1, ""); });
  line.finish();
  if (!result) return std::unexpected(result.error());
  const auto& record = session.view().record;
  if (options.common.json) {
    const Json out = {{"title_id", record.id.text()},
                      {"revision", record.revision},
                      {"output", options.output},
                      {"slots", {result->slots.begin, result->slots.end}},
                      {"complete", result->complete},
                      {"duration_ms", result->duration_ms},
                      {"video", result->video},
                      {"note", result->note},
                      {"grant", grant_json(session.grant())}};
    print_json(out);
  } else {
    tell("{} → {} ({}, {})\n", record.name, options.output, result->video, format_duration(result->duration_ms));
    if (!result->note.empty()) tell("{}\n", result->note);
  }
  return {};
}

/// Waits for the player, or for SIGINT/SIGTERM when there is none.
Result<void> wait_for_end(const std::string& player, const std::string& url) {
  if (player.empty()) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    int signal = 0;
    sigwait(&set, &signal);
    return {};
  }
  std::string command = player + " \"$1\"";  // the player may have arguments of its own
  std::string script = "-c", zero = "swarma", address = url, shell = "/bin/sh";
  char* arguments[] = {shell.data(), script.data(), command.data(), zero.data(), address.data(), nullptr};
  pid_t child = 0;
  if (posix_spawn(&child, "/bin/sh", nullptr, nullptr, arguments, environ) != 0)
    return fail(ErrorCode::Unavailable, "player_failed", "Cannot start " + player + ".");
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
    return fail(ErrorCode::Unavailable, "player_not_found",
                "The player " + player + " was not found. Use --listen and open the URL in any player.");
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    return fail(ErrorCode::Unavailable, "player_failed", "The player " + player + " ended with an error.");
  return {};
}

Result<watch::LoopbackOptions> parse_listen(const std::string& text) {
  watch::LoopbackOptions options;
  if (text.empty()) return options;
  auto address = parse_host_port(text);
  if (!address) return fail(ErrorCode::BadRequest, "usage", "--listen takes HOST:PORT, for example 127.0.0.1:0.");
  options.host = std::move(address->host);
  options.port = address->port;
  return options;
}

Result<void> play(const WatchOptions& options, SlotRange range, viewer::Session& session, ProgressLine& line) {
  SWARMA_TRY(watch::LoopbackOptions listen, parse_listen(options.listen));
  if (options.quality != "best") listen.quality = options.quality;
  listen.range = range;
  SWARMA_RETURN_IF_ERROR(session.unlock(range.begin));
  line.finish();
  SWARMA_TRY(const auto hls, watch::LoopbackHls::create(session.reader(), listen));
  if (options.common.json) {
    print_json(Json{
        {"url", hls->url()}, {"title_id", session.view().record.id.text()}, {"grant", grant_json(session.grant())}});
  } else {
    tell("{}\n", hls->url());
  }
  std::fflush(stdout);
  std::thread server([&] { hls->run(); });
  const Result<void> ended = wait_for_end(options.player, hls->url());
  hls->stop();
  server.join();
  if (const std::string refusal = hls->last_refusal(); !refusal.empty()) say(refusal);
  return ended;
}

Result<void> run_watch(const WatchOptions& options) {
  if (options.output.empty() && options.listen.empty() && options.player.empty())
    return fail(ErrorCode::BadRequest, "usage",
                "Say where to watch: --output FILE, --player CMD (for example mpv), or --listen 127.0.0.1:0.");
  const auto id = TitleId::parse(options.title);
  if (!id) return fail(ErrorCode::BadRequest, "usage", id.error().message + " `swarma titles` lists them.");
  SWARMA_TRY(const std::string node, parse_node_url(options.node));
  if (options.output.empty()) {
    sigset_t set;  // wait_for_end takes them, on this thread only
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    if (options.player.empty()) pthread_sigmask(SIG_BLOCK, &set, nullptr);
  }
  SWARMA_TRY(const crypto::Identity identity, open_identity(options.common));
  const SystemClock clock;
  ProgressLine line(options.common.quiet);
  unlock::Answers answers = make_answers(options, line);
  if (!options.pass_file.empty()) {
    static constexpr std::size_t kMaxPass = 16 * 1024;
    SWARMA_TRY(const Bytes pass, read_file(options.pass_file, kMaxPass));
    answers.pass = std::string(as_text(pass)).substr(0, as_text(pass).find_last_not_of(" \r\n") + 1);
  }
  SWARMA_TRY(
      const auto session,
      viewer::Session::open(
          *id, {.node = node, .memory = options.common.data / "seen", .http = {.ca_file = options.common.ca_file}},
          {identity.signing, identity.decryption}, clock, std::move(answers)));
  SWARMA_TRY(const SlotRange range, session->offered_range());
  if (!options.output.empty()) return write_film(options, range, *session, line);
  return play(options, range, *session, line);
}

}  // namespace

void add_watch(CLI::App& program, Commands& commands) {
  auto o = std::make_shared<WatchOptions>();
  CLI::App* app = program.add_subcommand("watch", "unlock and watch a title");
  add_common(*app, o->common);
  app->add_option("title", o->title, "the title's id")->required();
  app->add_option("--node", o->node, "a node that has it")->capture_default_str();
  app->add_flag("--accept", o->accept, "accept what the creator asks you to accept");
  app->add_option("--code", o->code, "a code of the creator");
  app->add_option("--pass-file", o->pass_file, "a pass of the creator's, given to the key of --data");
  app->add_option("--path", o->path, "which way to unlock; default: the cheapest that can be met");
  app->add_option("--output", o->output, "write an MP4 file, without re-encoding");
  app->add_option("--listen", o->listen, "HOST:PORT: plain HLS for any player on this machine");
  app->add_option("--player", o->player, "start this player");
  app->add_option("--quality", o->quality, "best, least, a rendition (720p) or a height")->capture_default_str();
  commands.push_back({app, [o] { return run_watch(*o); }});
}

}  // namespace swarma::cli
