// What the media tests share: films (real ones where they are, generated ones everywhere), a sink in memory, and the
// ffmpeg tools as an independent judge.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>

#include "base/testing.h"
#include "content/media/films_testing.h"
#include "content/media/package.h"
#include "content/media/remux.h"

namespace swarma::content::media::testing {

namespace fs = std::filesystem;

using swarma::testing::TemporaryFolder;

/// Runs a shell command; its standard output. Fails the test when it fails.
inline std::string run(const std::string& command) {
  std::string out;
  FILE* pipe = popen(command.c_str(), "r");
  if (!pipe) std::abort();
  std::array<char, 4096> part;
  for (std::size_t n; (n = fread(part.data(), 1, part.size(), pipe)) > 0;) out.append(part.data(), n);
  EXPECT_EQ(pclose(pipe), 0) << command << "\n" << out;
  return out;
}

inline std::string quoted(const fs::path& path) {
  return "'" + path.string() + "'";
}

/// A film made by ffmpeg from `arguments` (inputs, codecs).
inline fs::path generate(const TemporaryFolder& folder, const std::string& name, const std::string& arguments) {
  run("ffmpeg -v error -y " + arguments + " " + quoted(folder / name));
  return folder / name;
}

/// Picture and sound that any machine can make: 10 s, keyframes every second.
inline fs::path generate_plain(const TemporaryFolder& folder) {
  return generate(folder, "plain.mp4",
                  "-f lavfi -i testsrc2=size=640x360:rate=25:duration=10 -f lavfi -i "
                  "sine=frequency=440:duration=10:sample_rate=48000 "
                  "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 25 -bf 2 -c:a aac -ac 2");
}

struct TrackBytes {
  Bytes init;
  std::vector<Bytes> segments;
  std::vector<double> seconds;
  TrackFacts facts;
  bool ended = false;
};

/// Keeps everything, and checks the order that SegmentSink promises.
class MemorySink : public SegmentSink {
 public:
  Result<void> on_init(std::size_t track, ByteView init) override {
    std::lock_guard lock(mutex_);
    EXPECT_TRUE(tracks[track].segments.empty());
    tracks[track].init.assign(init.begin(), init.end());
    return {};
  }
  Result<void> on_segment(std::size_t track, Slot slot, double seconds, Bytes plaintext) override {
    std::lock_guard lock(mutex_);
    EXPECT_EQ(slot, tracks[track].segments.size());
    EXPECT_FALSE(plaintext.empty());
    tracks[track].segments.push_back(std::move(plaintext));
    tracks[track].seconds.push_back(seconds);
    return {};
  }
  Result<void> on_track_end(std::size_t track, const TrackFacts& facts) override {
    std::lock_guard lock(mutex_);
    tracks[track].facts = facts;
    tracks[track].ended = true;
    return {};
  }
  std::map<std::size_t, TrackBytes> tracks;

 private:
  std::mutex mutex_;
};

struct Packaged {
  MediaInfo info;
  PackagePlan plan;
  MemorySink sink;

  const TrackBytes& track(const std::string& key) {
    for (std::size_t i = 0; i < plan.tracks.size(); ++i)
      if (plan.tracks[i].key == key) return sink.tracks[i];
    ADD_FAILURE() << "no track " << key;
    return sink.tracks[plan.tracks.size()];
  }
};

inline std::unique_ptr<Packaged> package_film(const fs::path& file, const std::string& ladder = "auto",
                                              const std::vector<SidecarCaptions>& captions = {}) {
  auto made = std::make_unique<Packaged>();
  auto info = probe(file);
  if (!info) {
    ADD_FAILURE() << file << ": " << info.error().message;
    return nullptr;
  }
  made->info = *info;
  auto plan = make_plan(*info, *LadderChoice::parse(ladder), captions);
  if (!plan) {
    ADD_FAILURE() << file << ": " << plan.error().message;
    return nullptr;
  }
  made->plan = *plan;
  std::atomic<bool> cancel = false;
  auto done = package(file, made->info, made->plan, {}, made->sink, nullptr, cancel);
  if (!done) {
    ADD_FAILURE() << file << ": " << done.error().message;
    return nullptr;
  }
  return made;
}

/// The cues of a caption track, put together again from its segments.
inline std::vector<Cue> cues_of(const TrackBytes& track) {
  std::vector<Cue> cues;
  for (const Bytes& segment : track.segments) {
    auto part = parse_captions(segment);
    if (!part) {
      ADD_FAILURE() << part.error().message;
      continue;
    }
    for (Cue& cue : *part) {
      bool repeated = std::any_of(cues.begin(), cues.end(), [&](const Cue& c) {
        return c.start_ms == cue.start_ms && c.end_ms == cue.end_ms && c.text == cue.text;
      });
      if (!repeated) cues.push_back(std::move(cue));
    }
  }
  return cues;
}

/// The best picture and every sound and caption track, as `swarma watch --output` writes them.
inline Result<void> remux(Packaged& made, const fs::path& output) {
  std::vector<RemuxTrack> tracks;
  bool video = false;
  for (std::size_t i = 0; i < made.plan.tracks.size(); ++i) {
    const TrackPlan& plan = made.plan.tracks[i];
    if (plan.kind == title::TrackKind::Storyboard || (plan.kind == title::TrackKind::Video && video)) continue;
    video |= plan.kind == title::TrackKind::Video;
    RemuxTrack track;
    track.kind = plan.kind, track.language = plan.language, track.name = plan.name, track.marks = plan.marks;
    const TrackBytes& bytes = made.sink.tracks[i];
    if (plan.kind == title::TrackKind::Captions) {
      track.cues = cues_of(bytes);
    } else {
      auto at = std::make_shared<std::size_t>(0);
      track.next = [&bytes, at]() -> Result<Bytes> {
        std::size_t n = (*at)++;
        if (n == 0) return bytes.init;
        return n <= bytes.segments.size() ? bytes.segments[n - 1] : Bytes();
      };
    }
    tracks.push_back(std::move(track));
  }
  return remux_to_mp4(std::move(tracks), output, nullptr);
}

/// MD5 of every packet of a stream, by ffmpeg.
inline std::vector<std::string> packet_hashes(const fs::path& file, const std::string& stream) {
  std::istringstream lines(run("ffmpeg -v error -i " + quoted(file) + " -map 0:" + stream + " -c copy -f framemd5 -"));
  std::vector<std::string> hashes;
  for (std::string line; std::getline(lines, line);)
    if (!line.empty() && line[0] != '#') hashes.push_back(line.substr(line.rfind(',') + 1));
  return hashes;
}

inline double number_from(const std::string& command) {
  std::string text = run(command);
  return text.empty() ? -1 : std::strtod(text.c_str(), nullptr);
}

inline double duration_of(const fs::path& file) {
  return number_from("ffprobe -v error -show_entries format=duration -of csv=p=0 " + quoted(file));
}

inline int count_streams(const fs::path& file, const std::string& kind) {
  std::string text =
      run("ffprobe -v error -select_streams " + kind + " -show_entries stream=index -of csv=p=0 " + quoted(file));
  return static_cast<int>(std::count(text.begin(), text.end(), '\n'));
}

/// Structural similarity of a film's picture to its source, frame by frame. `prepare`: filters for the source.
inline double ssim(const fs::path& made, const fs::path& source, int source_stream, const std::string& prepare) {
  std::string text = run("ffmpeg -hide_banner -nostats -vsync passthrough -i " + quoted(made) + " -i " +
                         quoted(source) + " -lavfi '[1:" + std::to_string(source_stream) + "]" + prepare +
                         "setpts=N/25/TB,format=yuv420p[s];[0:v]setpts=N/25/TB[m];[m][s]ssim' -f null - 2>&1");
  std::size_t at = text.rfind("All:");
  EXPECT_NE(at, std::string::npos) << text;
  return at == std::string::npos ? 0 : std::strtod(text.c_str() + at + 4, nullptr);
}

}  // namespace swarma::content::media::testing
