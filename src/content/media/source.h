// A foreign file, opened for demuxing with every limit set. Internal: included by .cpp files of this folder only.
//
// The demuxer reads through our own descriptor and can open nothing else, so a playlist or a reference movie in
// disguise reaches neither another file nor the network.
#pragma once

#include <filesystem>
#include <memory>

#include "base/file.h"
#include "content/media/ffmpeg.h"
#include "content/media/timeline.h"

namespace swarma::content::media {

class Source {
 public:
  enum class Depth {
    Header,   // what the container says
    Streams,  // also reads some packets until every stream is understood
  };
  static Result<Source> open(const std::filesystem::path& file, Depth depth);

  /// The same file from its beginning, even if another one has taken its name.
  Result<Source> open_again() const;

  Source(Source&&) noexcept;
  Source& operator=(Source&&) noexcept;
  ~Source();

  AVFormatContext* context() const;
  AVStream* stream(int index) const { return context()->streams[index]; }
  std::uint64_t file_bytes() const;
  bool has_parsed_streams() const;  // opened with Depth::Streams

  /// From here on packet bodies are not read from the file (their content is undefined): a scan of sizes and times at
  /// the cost of the index. Only for containers whose index is complete, without find_stream_info's parsers.
  void skip_bodies();

  /// Bytes at a place in the file, as far as there are any; for looking into packets while bodies are skipped.
  std::size_t read_at(std::int64_t position, std::uint8_t* to, std::size_t length) const;

  /// From the file's first packet on, next() gives the times of `timeline`. Places to seek to are still those of the
  /// file, so a source that follows one is read from its beginning, and no packet of a stream is discarded by kind.
  void follow(const Timeline& timeline);

  /// The next packet; null at the end. Io only when reading the file itself fails: broken data ends the film.
  Result<ff::Packet> next();

 private:
  struct State;
  explicit Source(std::unique_ptr<State> state);
  Result<void> begin(Depth depth);
  std::unique_ptr<State> state_;
};

}  // namespace swarma::content::media
