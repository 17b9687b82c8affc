// A film, opened for demuxing with every limit set. Internal: included by .cpp files of this folder only.
//
// It reads through the film's own descriptor and can open nothing else, so a playlist or a reference movie in
// disguise reaches neither another file nor the network.
#pragma once

#include <memory>

#include "content/media/ffmpeg.h"
#include "content/media/film.h"
#include "content/media/media_info.h"

namespace swarma::content::media {

class Demuxer {
 public:
  enum class Depth {
    Header,   // what the container says
    Streams,  // also reads some packets until every stream is understood
  };
  static Result<Demuxer> open(const Film& film, Depth depth);
  /// The film that probe() described, from its beginning and on its continuous clock. Conflict ("source_changed") if it
  /// is another one.
  static Result<Demuxer> open_described(const Film& film, const MediaInfo& info);
  /// The same film from its beginning.
  Result<Demuxer> open_again() const;

  Demuxer(Demuxer&&) noexcept;
  Demuxer& operator=(Demuxer&&) noexcept;
  ~Demuxer();

  AVFormatContext* context() const;
  AVStream* stream(int index) const { return context()->streams[index]; }
  const Film& film() const;
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
  explicit Demuxer(std::unique_ptr<State> state);
  Result<void> begin(Depth depth);
  std::unique_ptr<State> state_;
};

}  // namespace swarma::content::media
