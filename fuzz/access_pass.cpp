// A pass and a status list from a stranger, first as text, then as a payload that the creator signed: no text that
// nobody signed is accepted, and what is accepted is what was signed.
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "access/pass/pass.h"
#include "access/pass/status_list.h"
#include "crypto/jws.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace swarma;
  using namespace swarma::access::pass;
  static const crypto::SigningKey key{crypto::SecretKey{}};
  static const Instant now(1'800'000'000);
  const PassExpectation expected{key.jkt(), "viewer", TitleId(TitleId::Raw{7}), "gold", now};
  const std::string_view text = as_text({data, size});
  if (verify_pass(text, expected)) std::abort();
  if (const auto list = StatusList::decode(text); list && list->size() > kMaxUnpackedBytes * 8) std::abort();
  const auto payload = parse_json(text);
  if (!payload || !payload->is_object()) return 0;
  const auto jws = crypto::sign_credential(key, *payload);
  if (!jws) return 0;
  if (const auto pass = verify_pass(*jws, expected);
      pass && (pass->subject != expected.holder || pass->tier != expected.tier || !(pass->issuer == key.did())))
    std::abort();
  (void)verify_status_list(*jws, "https://node.example/v1/passes/lists/1", key.did(), now);
  return 0;
}
