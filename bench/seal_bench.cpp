// bench_seal [SECONDS]: bytes per second of CPU time of the encrypt + hash stage on one thread, as publishing runs it:
// content key of (track, slot), AES-256-GCM, SHA-256 of what is stored; segments of 1 MB. Prints one JSON object.
// `openssl speed` counts CPU time too.
#include <fmt/format.h>

#include <cstdlib>
#include <ctime>

#include "content/publish/track_encryptor.h"
#include "crypto/hash.h"

namespace {

using namespace swarma;

constexpr std::size_t kSegmentBytes = 1 << 20;
constexpr Slot kSlots = 4096;

content::publish::TitleKeys make_keys() {
  const auto creator = crypto::SigningKey::generate();
  return {title::make_title_id(creator.did(), "bench"), "AAAAAAAAAAAAAAAAAAAAAA", crypto::random_key(), kSlots};
}

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

}  // namespace

int main(int argc, char** argv) {
  const double limit = argc > 1 ? std::atof(argv[1]) : 2.0;
  const auto keys = make_keys();
  Bytes segment(kSegmentBytes, 0x5a);
  std::uint64_t sealed = 0;
  unsigned check = 0;  // keeps the hashes from being optimised away
  const double began = cpu_seconds();
  while (cpu_seconds() - began < limit) {
    content::publish::TrackEncryptor track(keys, "hd", content::publish::make_track_id("v720"));
    for (Slot slot = 0; slot < kSlots && cpu_seconds() - began < limit; ++slot) {
      segment.resize(kSegmentBytes);  // without the last one's tag; what it holds does not matter
      track.take_seal(slot)(segment);
      check ^= crypto::sha256(segment)[0];
      sealed += kSegmentBytes;
    }
  }
  const double taken = cpu_seconds() - began;
  fmt::print("{{\"bytes_per_second\":{:.0f},\"check\":{}}}\n", static_cast<double>(sealed) / taken, check);
}
