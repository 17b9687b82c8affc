#include "content/watch/loopback_hls.h"

#include <algorithm>
#include <map>
#include <mutex>

#include "base/random.h"
#include "base/text.h"
#include "content/watch/segment_cache.h"
#include "net/http_server.h"

namespace swarma::content::watch {
namespace {

constexpr Slot kSlotsAhead = 3;         // decrypted before the player asks
constexpr unsigned kServerWorkers = 8;  // requests that may wait for the network at once
constexpr unsigned kPrefetchThreads = 3;

constexpr std::string_view kPlaylistType = "application/vnd.apple.mpegurl";

/// "English (5.1)" → "english-5-1".
std::string slug_of(const title::Track& track) {
  std::string out(title::to_string(track.kind));
  for (char c : "-" + track.name) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (plain || upper)
      out.push_back(upper ? static_cast<char>(c - 'A' + 'a') : c);
    else if (out.back() != '-')
      out.push_back('-');
  }
  while (out.back() == '-') out.pop_back();
  return out;
}

net::Response answer(int status, std::string_view type, std::string body) {
  net::Response response{.status = status, .headers = {}, .body = std::move(body)};
  response.headers.set("Content-Type", std::string(type));
  response.headers.set("Cache-Control", "no-store");  // plaintext stays out of caches on disk
  return response;
}

int status_of(const Error& error) {
  if (is_end_of_grant(error)) return 403;
  switch (error.code) {
    case ErrorCode::NotFound:
      return 404;
    case ErrorCode::BadRequest:
      return 400;
    case ErrorCode::TooMany:
    case ErrorCode::Unavailable:
      return 503;
    default:
      return 502;
  }
}

class Loopback final : public LoopbackHls {
 public:
  Loopback(SegmentReader& reader, const LoopbackOptions& options, std::vector<std::size_t> tracks, SlotRange range)
      : reader_(reader),
        cache_(reader, options.cache_bytes),
        token_(to_hex(random_array<16>())),
        range_(range),
        pool_(kPrefetchThreads) {
    for (std::size_t track : tracks) {
      std::string name = slug_of(about(track));
      for (int n = 2; names_.contains(name); ++n) name = slug_of(about(track)) + "-" + std::to_string(n);
      names_.emplace(std::move(name), track);
    }
  }

  Result<void> listen(const LoopbackOptions& options) {
    net::ServerOptions server;
    server.host = options.host;
    server.port = options.port;
    server.loops = 1;
    server.workers = kServerWorkers;
    const auto render = [](const net::Request&, const Error& error) {
      return answer(status_of(error), "text/plain", error.message + "\n");
    };
    std::vector<net::Route> routes;
    const auto route = [&](std::string pattern, auto member) {
      net::Route made{.method = "GET", .pattern = "/" + token_ + pattern, .handler = {}, .sink = {}};
      made.handler = [this, member](const net::Request& request) { return (this->*member)(request); };
      routes.push_back(std::move(made));
    };
    route("/film.m3u8", &Loopback::on_film);
    route("/{track}/{file}", &Loopback::on_file);
    SWARMA_TRY(server_, net::HttpServer::create(std::move(server), std::move(routes), render));
    return {};
  }

  std::string url() const override { return server_->url() + "/" + token_ + "/film.m3u8"; }
  void run() override { server_->run(); }
  void stop() override { server_->stop(); }
  std::string last_refusal() const override {
    const std::lock_guard lock(mutex_);
    return last_refusal_;
  }

 private:
  const title::Track& about(std::size_t track) const { return reader_.view().details.tracks[track]; }

  net::Response on_film(const net::Request&) {
    std::vector<title::Track> tracks;
    std::map<std::string, std::string> name_of_id;
    for (const auto& [name, track] : names_) name_of_id[about(track).id] = name;
    for (const title::Track& track : reader_.view().details.tracks)
      if (name_of_id.contains(track.id)) tracks.push_back(track);
    return answer(200, kPlaylistType, title::write_multivariant_playlist(tracks, [&](const title::Track& t) {
                    return name_of_id.at(t.id) + "/track.m3u8";
                  }));
  }

  net::Response on_file(const net::Request& request) {
    const auto known = names_.find(request.path_params.at(0));
    const std::string& file = request.path_params.at(1);
    if (known == names_.end()) return answer(404, "text/plain", "There is no such track.\n");
    if (file == "track.m3u8") return answer(200, kPlaylistType, playlist_of(known->second));
    if (file == "init.mp4") {
      const auto init = reader_.read_init(known->second);
      return init ? answer(200, "video/mp4", std::string(as_text(*init))) : refuse(init.error());
    }
    return on_segment(known->second, file);
  }

  std::string playlist_of(std::size_t track) const {
    title::MediaPlaylist part = reader_.view().playlists[track];
    part.segments.assign(part.segments.begin() + range_.begin, part.segments.begin() + range_.end);
    return title::write_media_playlist(
        part, "init.mp4", [&](std::size_t i) { return std::to_string(range_.begin + i) + "." + part.extension; });
  }

  net::Response on_segment(std::size_t track, std::string_view file) {
    const std::string& extension = reader_.view().playlists[track].extension;
    const std::size_t dot = std::min(file.find('.'), file.size());
    const auto named = parse_number<Slot>(file.substr(0, dot));
    const Slot slot = named.value_or(0);
    if (!named || file.substr(dot) != "." + extension || !range_.contains(slot))
      return answer(404, "text/plain", "There is no such segment.\n");
    const auto segment = cache_.get(track, slot);
    if (!segment) return refuse(segment.error());
    read_ahead(track, slot);
    return answer(200, extension == "vtt" ? "text/vtt" : "video/mp4", std::string(as_text(**segment)));
  }

  /// Only what the keys at hand open: a grant is asked for when the player gets there.
  void read_ahead(std::size_t track, Slot slot) {
    for (Slot next = slot + 1; next <= slot + kSlotsAhead && range_.contains(next); ++next) {
      if (!reader_.keys().covers(about(track).key_group, next)) return;
      {
        const std::lock_guard lock(mutex_);
        if (!asked_.emplace(track, next).second) continue;
      }
      pool_.run([this, track, next] {
        (void)cache_.get(track, next);  // an error comes again, with a reader for it, when the player asks
        const std::lock_guard lock(mutex_);
        asked_.erase({track, next});
      });
    }
  }

  net::Response refuse(const Error& error) {
    {
      const std::lock_guard lock(mutex_);
      last_refusal_ = error.message;
    }
    return answer(status_of(error), "text/plain", error.message + "\n");
  }

  SegmentReader& reader_;
  SegmentCache cache_;
  const std::string token_;
  const SlotRange range_;
  std::map<std::string, std::size_t> names_;
  mutable std::mutex mutex_;
  std::string last_refusal_;
  std::set<std::pair<std::size_t, Slot>> asked_;
  std::unique_ptr<net::HttpServer> server_;
  WorkerPool pool_;  // last: its threads use what is above
};

/// What can be played: one video or all whose keys are there, and the sound and captions that open with them.
Result<std::vector<std::size_t>> playable_tracks(SegmentReader& reader, const LoopbackOptions& options, Slot begin) {
  const TitleView& view = reader.view();
  std::vector<std::size_t> tracks;
  SWARMA_TRY(const std::size_t chosen,
             choose_video(view, reader.keys(), {options.quality.empty() ? "best" : options.quality}, begin));
  for (std::size_t i = 0; i < view.details.tracks.size(); ++i) {
    const title::Track& track = view.details.tracks[i];
    if (track.kind == title::TrackKind::Storyboard) continue;
    if (track.kind == title::TrackKind::Video && !options.quality.empty() && i != chosen) continue;
    const bool open = track.kind == title::TrackKind::Video ? reader.keys().covers(track.key_group, begin)
                                                            : reader.keys().ensure(track.key_group, begin).has_value();
    if (open) tracks.push_back(i);
  }
  return tracks;
}

}  // namespace

Result<std::unique_ptr<LoopbackHls>> LoopbackHls::create(SegmentReader& reader, const LoopbackOptions& options) {
  const Slot slots = reader.view().record.slots;
  const SlotRange range =
      options.range.empty() ? SlotRange{0, slots} : SlotRange{options.range.begin, std::min(options.range.end, slots)};
  if (range.empty()) return fail(ErrorCode::BadRequest, "bad_range", "The film has no such part.");
  SWARMA_TRY(auto tracks, playable_tracks(reader, options, range.begin));
  auto loopback = std::make_unique<Loopback>(reader, options, std::move(tracks), range);
  SWARMA_RETURN_IF_ERROR(loopback->listen(options));
  return loopback;
}

}  // namespace swarma::content::watch
