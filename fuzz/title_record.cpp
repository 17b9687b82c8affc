// A title record from a stranger, as JSON signed by a key of ours: the parser behind the signature. What is accepted
// can be signed again and reads back the same.
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "title/title_record.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace swarma;
  static const crypto::SigningKey key{crypto::SecretKey{}};
  const std::string_view text = as_text({data, size});
  (void)title::verify_record(text);
  const auto payload = parse_json(text);
  if (!payload) return 0;
  const auto jws = crypto::sign_jws(key, crypto::kTitleTyp, *payload);
  if (!jws) return 0;
  const auto record = title::verify_record(*jws);
  if (!record) return 0;
  const auto again = title::sign_record(*record, key);
  if (again && title::verify_record(*again)->id != record->id) std::abort();
  return 0;
}
