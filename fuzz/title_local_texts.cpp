// Names and summaries from a stranger: what is accepted may travel in the details and reads back the same.
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "title/title_details.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace swarma;
  const auto json = parse_json(as_text({data, size}));
  if (!json) return 0;
  const auto texts = title::read_local_texts(*json);
  if (!texts) return 0;
  title::TitleDetails details;
  details.texts = *texts;
  const auto written = title::write_details(details);
  if (!written || title::parse_details(*written)->texts != *texts) std::abort();
  return 0;
}
