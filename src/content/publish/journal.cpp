#include "content/publish/journal.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/log.h"
#include "base/random.h"
#include "content/media/captions.h"
#include "crypto/aead.h"
#include "crypto/hash.h"
#include "title/title_record.h"

namespace swarma::content::publish {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kEndBytes = 1 << 20;  // how much of the film's begin and end tells it from another
constexpr std::size_t kMaxJobBytes = 4'096;
constexpr std::size_t kMaxTrackBytes = 2 * title::kMaxPlaylistBytes;
constexpr std::size_t kMaxRecordFileBytes = 2 << 20;
constexpr std::size_t kMaxNoteBytes = 4'096;
constexpr unsigned kPrivate = 0600;
constexpr const char* kOver = ".over-";

std::unexpected<Error> bad_journal() {
  return fail(ErrorCode::Corrupt, "journal_bad", "The publish journal cannot be used.");
}

/// Nothing if there is no such file.
Result<std::optional<Json>> read_json(const fs::path& file, std::size_t max_bytes) {
  const auto bytes = read_file(file, max_bytes);
  if (!bytes && bytes.error().code == ErrorCode::NotFound) return std::nullopt;
  if (!bytes && bytes.error().code == ErrorCode::TooLarge) return bad_journal();
  if (!bytes) return std::unexpected(bytes.error());
  auto json = parse_json(as_text(*bytes));
  if (!json) return bad_journal();
  return *std::move(json);
}

Result<void> write_json(const fs::path& file, const Json& json) {
  SWARMA_TRY(const std::string text, canonical_json(json));
  return write_file_durably(file, view(text), kPrivate);
}

std::string wrap_context(const std::string& publish_id) {
  return "swarma/1 publish job " + publish_id;
}

Result<PublishSecrets> start_job(const fs::path& file, const std::string& publish_id, const crypto::SecretKey& master,
                                 const std::string& nonce) {
  PublishSecrets secrets{.title_secret = crypto::random_key(),
                         .nonce = nonce.empty() ? to_base64url(random_array<16>()) : nonce,
                         .salt = to_base64url(random_array<16>())};
  const Bytes wrapped = crypto::wrap(master, wrap_context(publish_id), secrets.title_secret.expose());
  SWARMA_RETURN_IF_ERROR(write_json(
      file, {{"nonce", secrets.nonce}, {"salt", secrets.salt}, {"title_secret_wrapped", to_base64url(wrapped)}}));
  return secrets;
}

/// Nothing if the job is new.
Result<std::optional<PublishSecrets>> read_job(const fs::path& file, const std::string& publish_id,
                                               const crypto::SecretKey& master) {
  SWARMA_TRY(const auto json, read_json(file, kMaxJobBytes));
  if (!json) return std::nullopt;
  const JsonReader reader(*json, "publish journal");
  const auto nonce = reader.text("nonce", 22);
  const auto salt = reader.text("salt", 22);
  const auto wrapped = parse_base64url(reader.text_or("title_secret_wrapped", 256, "").value_or(""));
  if (!nonce || !salt || !wrapped) return bad_journal();
  auto secret = crypto::unwrap(master, wrap_context(publish_id), *wrapped);
  if (!secret) return bad_journal();
  const auto key = take_exactly<32>(*secret);
  crypto::wipe(*secret);
  if (!key) return bad_journal();
  return PublishSecrets{.title_secret = crypto::SecretKey(*key), .nonce = *nonce, .salt = *salt};
}

bool is_same_file(const Fd& fd, const fs::path& file) {
  struct stat open_one{}, named{};
  return ::fstat(fd.get(), &open_one) == 0 && ::stat(file.c_str(), &named) == 0 && open_one.st_dev == named.st_dev &&
         open_one.st_ino == named.st_ino;
}

/// Makes the folder and locks it. A run that ends removes its folder, perhaps between these two steps of another: then
/// the lock is on a file that has no name any more, and the next attempt makes the folder anew.
Result<Fd> make_locked_folder(const fs::path& folder) {
  constexpr int kAttempts = 20;
  const fs::path file = folder / "lock";
  Error last{ErrorCode::Io, "io_failed", "Cannot lock the folder " + folder.string() + "."};
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    if (auto made = ensure_private_folder(folder); !made) {
      last = made.error();
      if (last.code != ErrorCode::NotFound) break;
      continue;
    }
    Fd lock(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kPrivate));
    if (!lock) {
      last = io_error("open", file);
      if (last.code != ErrorCode::NotFound) break;
      continue;
    }
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK) return std::unexpected(io_error("lock", file));
      return fail(ErrorCode::Conflict, "publish_running",
                  "Another process is publishing this film to this place right now.");
    }
    if (is_same_file(lock, file)) return lock;
  }
  return std::unexpected(last);
}

Result<std::string> film_identity(const media::Film& film) {
  crypto::Sha256 hash;
  SWARMA_TRY(const Bytes begin, film.read(0, kEndBytes));
  hash.update(begin);
  if (film.bytes() > kEndBytes) {
    SWARMA_TRY(const Bytes end, film.read(std::max<std::uint64_t>(film.bytes() - kEndBytes, kEndBytes), kEndBytes));
    hash.update(end);
  }
  std::error_code ignored;
  const fs::path whole = fs::weakly_canonical(film.path(), ignored);
  return to_hex(hash.finish()) + " " + std::to_string(film.bytes()) + " " + film.modified() + " " +
         (whole.empty() ? film.path() : whole).string();
}

Result<Json> plan_json(const media::PackagePlan& plan) {
  Json tracks = Json::array();
  for (const media::TrackPlan& track : plan.tracks) {
    std::string sidecar;
    if (!track.sidecar.empty()) {
      SWARMA_TRY(const Bytes bytes, read_file(track.sidecar, media::kMaxCaptionBytes));
      sidecar = to_hex(crypto::sha256(bytes));
    }
    tracks.push_back({track.key, track.name, track.language, track.key_group, track.source_stream, sidecar,
                      track.encoding, track.copy, track.width, track.height, track.channels, track.crf,
                      track.max_bit_rate, track.audio_bit_rate});
  }
  return Json{{"tracks", std::move(tracks)}, {"cuts_us", plan.cuts_us}};
}

Result<FinishedTrack> read_track(const Json& json, const std::string& key) {
  const JsonReader reader(json, "finished track");
  SWARMA_TRY(const std::string stored_key, reader.text("key", 256));
  if (stored_key != key) return fail(ErrorCode::Corrupt, "journal_bad", "This is another track.");
  SWARMA_TRY(const std::string playlist, reader.text("playlist", title::kMaxPlaylistBytes));
  FinishedTrack track;
  SWARMA_TRY(track.playlist, title::parse_media_playlist(playlist));
  SWARMA_TRY(track.track_id, reader.text("track_id", title::kMaxTrackIdBytes));
  SWARMA_TRY(track.facts.codecs, reader.text("codecs", 128));
  SWARMA_TRY(track.facts.frame_rate, reader.number("frame_rate", 0, 1'000));
  SWARMA_TRY(track.facts.note, reader.text("note", kMaxNoteBytes));
  SWARMA_TRY(track.init_bytes, reader.integer("init_bytes", 0, 1 << 30));
  return track;
}

Result<SignedRecord> read_signed(const Json& json) {
  const JsonReader reader(json, "signed record");
  SignedRecord record;
  SWARMA_TRY(record.record, reader.text("record", title::kMaxRecordBytes));
  SWARMA_TRY(record.sealed, reader.text("sealed", kMaxRecordFileBytes));
  SWARMA_TRY(record.request_digest, reader.text("request", 64));
  return record;
}

/// Corrupt if a track or the record in the journal cannot be read.
Result<void> check_content(const fs::path& folder) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() != ".track") continue;
    SWARMA_TRY(const auto json, read_json(entry.path(), kMaxTrackBytes));
    const auto key = json ? JsonReader(*json, "finished track").text("key", 256) : Result<std::string>(bad_journal());
    if (!key || !read_track(*json, *key)) return bad_journal();
  }
  if (error) return fail(ErrorCode::Io, "io_failed", "Cannot read the publish journal: " + error.message() + ".");
  SWARMA_TRY(const auto record, read_json(folder / "record.json", kMaxRecordFileBytes));
  if (record && !read_signed(*record)) return bad_journal();
  return {};
}

/// Where a journal goes that is over: out of the folder of the journals in one step. One that a kill left half removed
/// would be taken for a job that has just begun, and its title published a second time.
fs::path over_folder(const fs::path& publish_folder) {
  return publish_folder.string() + kOver + to_hex(random_array<8>());
}

/// What a kill left of such folders.
void remove_leftovers(const fs::path& publish_folder) {
  std::error_code error;
  std::vector<fs::path> over;
  const std::string prefix = publish_folder.filename().string() + std::string(kOver);
  for (const auto& entry : fs::directory_iterator(publish_folder.parent_path(), error))
    if (entry.path().filename().string().starts_with(prefix)) over.push_back(entry.path());
  for (const fs::path& folder : over) fs::remove_all(folder, error);
}

Result<void> forget_content(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (entry.path().filename() != "lock") files.push_back(entry.path());
  for (const fs::path& file : files)
    if (!error) fs::remove(file, error);
  if (error) return fail(ErrorCode::Io, "io_failed", "Cannot empty the publish journal: " + error.message() + ".");
  return sync_folder(folder);
}

}  // namespace

Result<std::string> make_publish_id(const media::Film& film, const media::PackagePlan& plan, std::string_view title,
                                    std::string_view destination) {
  SWARMA_TRY(const std::string identity, film_identity(film));
  SWARMA_TRY(Json job, plan_json(plan));
  // Another version may package differently: its tracks must not be mixed with these.
  job["packager"] = SWARMA_VERSION;
  job["film"] = to_hex(crypto::sha256(view(identity)));  // the path may be no UTF-8
  job["title"] = title;
  job["destination"] = destination;
  SWARMA_TRY(const std::string text, canonical_json(job));
  return to_hex(ByteView(crypto::sha256(view(text))).first(16));
}

Result<Journal> Journal::open(const fs::path& publish_folder, const std::string& publish_id,
                              const crypto::SecretKey& master, const std::string& nonce) {
  const fs::path folder = publish_folder / publish_id, job = folder / "job.json";
  remove_leftovers(publish_folder);
  SWARMA_TRY(Fd lock, make_locked_folder(folder));
  auto secrets = read_job(job, publish_id, master);
  const Result<void> content = secrets ? check_content(folder) : std::unexpected(secrets.error());
  if (!content) {
    if (content.error().code != ErrorCode::Corrupt) return std::unexpected(content.error());
    log::warning("publish_journal_started_over", {{"job", publish_id}});
    secrets = std::optional<PublishSecrets>();
  }
  if (!*secrets) {
    SWARMA_RETURN_IF_ERROR(forget_content(folder));  // tracks of other secrets are worth nothing
    SWARMA_TRY(*secrets, start_job(job, publish_id, master, nonce));
  }
  return Journal(folder, std::move(lock), **std::move(secrets));
}

fs::path Journal::track_file(const std::string& key) const {
  return folder_ / (to_hex(ByteView(crypto::sha256(view(key))).first(8)) + ".track");
}

Result<std::optional<FinishedTrack>> Journal::find_track(const std::string& key) const {
  SWARMA_TRY(const auto json, read_json(track_file(key), kMaxTrackBytes));
  if (!json) return std::nullopt;
  auto track = read_track(*json, key);
  if (!track) return bad_journal();
  return *std::move(track);
}

Result<void> Journal::put_track(const std::string& key, const FinishedTrack& track) {
  const Json json = {{"key", key},
                     {"track_id", track.track_id},
                     {"playlist", title::write_media_playlist(track.playlist)},
                     {"codecs", track.facts.codecs},
                     {"frame_rate", track.facts.frame_rate},
                     {"note", track.facts.note},
                     {"init_bytes", track.init_bytes}};
  if (const auto readable = read_track(json, key); !readable)
    return fail(ErrorCode::Internal, "journal_unreadable",
                "The track " + key + " was packaged in a form that cannot be published: " + readable.error().message);
  return write_json(track_file(key), json);
}

Result<std::optional<SignedRecord>> Journal::find_record() const {
  SWARMA_TRY(const auto json, read_json(folder_ / "record.json", kMaxRecordFileBytes));
  if (!json) return std::nullopt;
  auto record = read_signed(*json);
  if (!record) return bad_journal();
  return *std::move(record);
}

Result<void> Journal::put_record(const SignedRecord& record) {
  return write_json(folder_ / "record.json",
                    {{"record", record.record}, {"sealed", record.sealed}, {"request", record.request_digest}});
}

bool Journal::holds_work() const {
  std::error_code error;
  fs::directory_iterator entry(folder_, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error))
    if (entry->path().extension() == ".track") return true;
  return static_cast<bool>(error);  // a folder that cannot be read may hold anything
}

void Journal::remove() {
  std::error_code error;
  const fs::path over = over_folder(folder_.parent_path());
  fs::rename(folder_, over, error);
  fs::remove_all(error ? folder_ : over, error);
  fs::remove(folder_.parent_path(), error);  // only if no other job is in it
}

}  // namespace swarma::content::publish
