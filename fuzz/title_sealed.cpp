// The content of a sealed package from a creator who may lie, and the package itself.
#include <cstdlib>

#include "title/sealed_package.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace swarma;
  static const crypto::DecryptionKey agent = crypto::DecryptionKey::generate();
  static const TitleId title = *TitleId::parse("aaaaaaaaaaaaaaaaaaaaaaaaaa");
  const auto check = [](std::string_view sealed) {
    const auto package = title::open_package(sealed, agent, title, 1);
    if (!package && package.error().reason != "sealed_package_bad") std::abort();
    if (package && !title::open_package(title::seal_package(*package, agent.encryption_key()), agent, title, 1))
      std::abort();
  };
  check(as_text({data, size}));
  check(crypto::encrypt_jwe(agent.encryption_key(), title::kSealedTyp, {data, size}));
  return 0;
}
