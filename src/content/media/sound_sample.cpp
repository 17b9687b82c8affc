#include "content/media/sound_sample.h"

#include <map>

namespace swarma::content::media {
namespace {

constexpr int kPackets = 5'000;      // of all streams: more than the first minute of most films
constexpr int kEnoughOfASound = 50;  // without one frame

struct Trial {
  ff::Codec codec;
  int packets = 0;
};

/// At the end of the file: those that give nothing even then.
std::set<int> add_silent(std::set<int> bad, const std::map<int, Trial>& open) {
  const ff::Frame frame = ff::new_frame();
  for (const auto& [stream, trial] : open)
    if (avcodec_send_packet(trial.codec.get(), nullptr) < 0 ||
        avcodec_receive_frame(trial.codec.get(), frame.get()) < 0)
      bad.insert(stream);
  return bad;
}

}  // namespace

Result<std::set<int>> find_undecodable(Demuxer& source, const std::vector<AudioStream>& sounds) {
  std::set<int> bad;
  std::map<int, Trial> open;
  for (const AudioStream& sound : sounds) {
    if (sound.stream_index >= static_cast<int>(source.context()->nb_streams)) continue;
    auto codec = ff::open_decoder(*source.stream(sound.stream_index), 1);
    if (codec)
      open.emplace(sound.stream_index, Trial{*std::move(codec)});
    else
      bad.insert(sound.stream_index);
  }
  const ff::Frame frame = ff::new_frame();
  for (int packets = 0; packets < kPackets && !open.empty(); ++packets) {
    SWARMA_TRY(const ff::Packet packet, source.next());
    if (!packet) return add_silent(std::move(bad), open);
    const auto it = open.find(packet->stream_index);
    if (it == open.end()) continue;
    Trial& trial = it->second;
    const bool heard = avcodec_send_packet(trial.codec.get(), packet.get()) >= 0 &&
                       avcodec_receive_frame(trial.codec.get(), frame.get()) >= 0;
    if (!heard && ++trial.packets < kEnoughOfASound) continue;
    if (!heard) bad.insert(it->first);
    open.erase(it);
  }
  return bad;
}

}  // namespace swarma::content::media
