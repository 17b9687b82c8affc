#include "cli/identity.h"

#include "base/file.h"

namespace swarma::cli {

Result<crypto::Identity> open_identity(const Common& common) {
  static constexpr std::size_t kMaxPassphraseBytes = 4096;
  std::string passphrase;
  if (!common.passphrase_file.empty()) {
    SWARMA_TRY(const Bytes bytes, read_file(common.passphrase_file, kMaxPassphraseBytes));
    passphrase = std::string(as_text(bytes)).substr(0, as_text(bytes).find_first_of("\r\n"));
  }
  SWARMA_RETURN_IF_ERROR(ensure_private_folder(common.data));
  auto identity = crypto::open_identity(common.data, passphrase);
  crypto::wipe({reinterpret_cast<std::uint8_t*>(passphrase.data()), passphrase.size()});
  return identity;
}

}  // namespace swarma::cli
