// The identity file: made once, whole, and readable by its owner only.
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/random.h"
#include "crypto/aead.h"
#include "crypto/keys.h"

namespace swarma::crypto {
namespace {

constexpr std::size_t kMaxIdentityBytes = 16 * 1024;
constexpr std::int64_t kVersion = 1;
constexpr std::string_view kContext = "swarma/1 identity";

// Argon2id: RFC 9106 §4, second recommended option (64 MiB, 3 passes; libsodium has one lane). The file's own numbers
// are bounded, so that a foreign file cannot take the machine's memory.
constexpr std::int64_t kPasses = 3;
constexpr std::int64_t kMemoryKib = 64 * 1024;
constexpr std::int64_t kMaxPasses = 64;
constexpr std::int64_t kMaxMemoryKib = 1024 * 1024;

/// The three secrets as they stand in the file.
struct Secrets {
  SecretKey signing;
  SecretKey encryption;
  SecretKey master;
};

std::unexpected<Error> bad_file(const std::filesystem::path& path, std::string_view what) {
  return fail(ErrorCode::Corrupt, "identity_bad",
              "The identity file " + path.string() + " " + std::string(what) + ". Restore it from a backup.");
}

using Joined = Secret<3 * 32>;  // as they stand in the file, in this order

Joined join(const Secrets& secrets) {
  Joined out;
  auto at = out.expose_mutable().begin();
  for (const SecretKey* key : {&secrets.signing, &secrets.encryption, &secrets.master})
    at = std::copy(key->expose().begin(), key->expose().end(), at);
  return out;
}

Secrets split(ByteView joined) {
  Secrets out;
  for (SecretKey* key : {&out.signing, &out.encryption, &out.master}) {
    std::copy_n(joined.begin(), key->expose().size(), key->expose_mutable().begin());
    joined = joined.subspan(key->expose().size());
  }
  return out;
}

/// Wipes a buffer that held a secret on its way to or from the file.
template <class Buffer>
class Wiped {
 public:
  explicit Wiped(Buffer& buffer) : buffer_(buffer) {}
  ~Wiped() { wipe({reinterpret_cast<std::uint8_t*>(buffer_.data()), buffer_.size()}); }
  Wiped(const Wiped&) = delete;
  Wiped& operator=(const Wiped&) = delete;

 private:
  Buffer& buffer_;
};

struct Stretching {
  std::int64_t passes = kPasses;
  std::int64_t memory_kib = kMemoryKib;
  std::array<std::uint8_t, crypto_pwhash_argon2id_SALTBYTES> salt = random_array<crypto_pwhash_argon2id_SALTBYTES>();
};

Result<SecretKey> stretch(std::string_view passphrase, const Stretching& how) {
  SecretKey key;
  const auto out = key.expose_mutable();
  if (crypto_pwhash_argon2id(out.data(), out.size(), passphrase.data(), passphrase.size(), how.salt.data(),
                             static_cast<unsigned long long>(how.passes),
                             static_cast<std::size_t>(how.memory_kib) * 1024,
                             crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0)
    return fail(ErrorCode::Unavailable, "out_of_memory",
                "Opening the identity with a passphrase takes " + std::to_string(how.memory_kib / 1024) +
                    " MiB of memory, which this machine did not give.");
  return key;
}

Result<std::string> file_text(const Secrets& secrets, std::string_view passphrase) {
  const Joined joined = join(secrets);
  if (passphrase.empty()) {
    std::string encoded = to_base64url(joined.expose());
    const Wiped wiped(encoded);
    std::string text;
    text.reserve(256);  // no reallocation leaves a copy behind
    text.append(R"({"version":1,"secrets":")").append(encoded).append("\"}\n");
    return text;
  }
  const Stretching how;
  SWARMA_TRY(const SecretKey key, stretch(passphrase, how));
  const Json file = {
      {"version", kVersion},
      {"argon2id", {{"passes", how.passes}, {"memory_kib", how.memory_kib}, {"salt", to_base64url(how.salt)}}},
      {"sealed", to_base64url(wrap(key, kContext, joined.expose()))}};
  return file.dump() + "\n";
}

/// Puts the complete file in its place unless somebody else's is there already: link(2) never replaces.
Result<void> create_once(const std::filesystem::path& path, std::string_view passphrase) {
  SWARMA_TRY(std::string text, file_text({random_key(), random_key(), random_key()}, passphrase));
  const Wiped wiped(text);
  const std::filesystem::path candidate = path.string() + ".new-" + to_hex(random_array<6>());
  SWARMA_RETURN_IF_ERROR(write_file_durably(candidate, view(text), 0600));
  const bool linked = ::link(candidate.c_str(), path.c_str()) == 0 || errno == EEXIST;
  const Error error = linked ? Error{} : io_error("create", path);
  ::unlink(candidate.c_str());
  if (!linked) return std::unexpected(error);
  return sync_folder(path.parent_path());
}

/// Reads the file after making sure that its owner alone can: checked on the open file, so nothing can be swapped in
/// between.
Result<Bytes> read_private_file(const std::filesystem::path& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info{};
  if (!fd || ::fstat(fd.get(), &info) != 0) return std::unexpected(io_error("open", path));
  if (!S_ISREG(info.st_mode)) return bad_file(path, "is not a regular file");
  if ((info.st_mode & 077) != 0)
    return fail(ErrorCode::Forbidden, "identity_exposed",
                "The identity file " + path.string() + " can be read by other users. Run: chmod 600 " + path.string());
  if (info.st_uid != ::geteuid() && ::geteuid() != 0)
    return fail(ErrorCode::Forbidden, "identity_not_yours",
                "The identity file " + path.string() + " belongs to another user.");
  Bytes bytes(kMaxIdentityBytes + 1);
  std::size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t got = ::read(fd.get(), bytes.data() + have, bytes.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(io_error("read", path));
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  if (have > kMaxIdentityBytes) return bad_file(path, "is too large");
  bytes.resize(have);
  return bytes;
}

Result<Bytes> open_sealed(const Json& file, std::string_view passphrase) {
  const JsonReader reader(file, "identity file");
  SWARMA_TRY(const Json* argon2id, reader.object("argon2id"));
  SWARMA_TRY(const std::string sealed_text, reader.text("sealed", 1024));
  SWARMA_TRY(const Bytes sealed, parse_base64url(sealed_text));
  const JsonReader parameters(*argon2id, "identity file");
  Stretching how;
  SWARMA_TRY(how.passes, parameters.integer("passes", 1, kMaxPasses));
  SWARMA_TRY(how.memory_kib, parameters.integer("memory_kib", 8, kMaxMemoryKib));
  SWARMA_TRY(const std::string salt_text, parameters.text("salt", 64));
  SWARMA_TRY(const Bytes salt, parse_base64url(salt_text));
  SWARMA_TRY(how.salt, take_exactly<crypto_pwhash_argon2id_SALTBYTES>(salt));
  SWARMA_TRY(const SecretKey key, stretch(passphrase, how));
  return unwrap(key, kContext, sealed);
}

Result<Secrets> parse_secrets(const std::filesystem::path& path, std::string_view text, std::string_view passphrase) {
  auto file = parse_json(text);
  if (!file || JsonReader(*file, "identity file").integer("version", kVersion, kVersion).value_or(0) != kVersion)
    return bad_file(path, "is damaged or was written by another version");
  Result<Bytes> joined;
  if (file->contains("sealed")) {
    if (passphrase.empty())
      return fail(ErrorCode::Unauthenticated, "passphrase_needed",
                  "The identity in " + path.string() + " is protected by a passphrase, and none was given.");
    joined = open_sealed(*file, passphrase);
    if (!joined && joined.error().reason == "decryption_failed")
      return fail(ErrorCode::Unauthenticated, "passphrase_wrong",
                  "The passphrase does not open the identity in " + path.string() + ".");
    if (!joined && joined.error().code == ErrorCode::Unavailable) return std::unexpected(joined.error());
  } else {
    if (!passphrase.empty())
      return fail(ErrorCode::BadRequest, "passphrase_unused",
                  "A passphrase was given, but the identity in " + path.string() + " has none.");
    const auto secrets = file->find("secrets");
    if (secrets == file->end() || !secrets->is_string()) return bad_file(path, "holds no secrets");
    const Wiped wiped(secrets->get_ref<std::string&>());
    joined = parse_base64url(secrets->get_ref<const std::string&>());
  }
  if (!joined || joined->size() != Joined().expose().size()) return bad_file(path, "is damaged");
  const Wiped wiped(*joined);
  return split(*joined);
}

}  // namespace

Result<Identity> open_identity(const std::filesystem::path& folder, std::string_view passphrase) {
  if (sodium_init() < 0) std::abort();
  const std::filesystem::path path = folder / "identity.json";
  SWARMA_RETURN_IF_ERROR(ensure_private_folder(folder));
  auto bytes = read_private_file(path);
  if (!bytes && bytes.error().code == ErrorCode::NotFound) {
    SWARMA_RETURN_IF_ERROR(create_once(path, passphrase));
    bytes = read_private_file(path);
  }
  if (!bytes) return std::unexpected(bytes.error());
  const Wiped wiped(*bytes);
  SWARMA_TRY(const Secrets secrets, parse_secrets(path, as_text(*bytes), passphrase));
  return Identity{SigningKey(secrets.signing), DecryptionKey(secrets.encryption), secrets.master};
}

}  // namespace swarma::crypto
