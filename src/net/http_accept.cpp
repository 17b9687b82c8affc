#include "net/http_accept.h"

#include <algorithm>
#include <optional>

#include "net/http_syntax.h"

namespace swarma::net {
namespace {

/// A weight in thousandths: "0", "0.5", "1.000"; nothing for anything else.
std::optional<int> parse_weight(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  int thousandths = (text[0] - '0') * 1000;
  int place = 100;
  for (const char c : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (c < '0' || c > '9') return std::nullopt;
    thousandths += (c - '0') * place;
    place /= 10;
  }
  if (thousandths > 1000) return std::nullopt;
  return thousandths;
}

struct Weighted {
  std::string_view name;  // a coding, or a media range without parameters
  int weight = 1000;
};

/// "gzip;q=0.5", "text/html;level=1;q=0.3". Nothing if the weight is not one.
std::optional<Weighted> parse_element(std::string_view element) {
  Weighted out{trim(element.substr(0, element.find(';')))};
  while (element.find(';') != std::string_view::npos) {
    element.remove_prefix(element.find(';') + 1);
    const std::string_view parameter = trim(element.substr(0, element.find(';')));
    if (parameter.size() < 2 || !equals_ignoring_case(parameter.substr(0, 2), "q=")) continue;
    const auto weight = parse_weight(parameter.substr(2));
    if (!weight) return std::nullopt;
    out.weight = *weight;
  }
  return out;
}

/// The weight a list gives to one name; nothing if it does not name it.
std::optional<int> weight_of(std::string_view list, std::string_view name) {
  std::optional<int> weight;
  any_list_element(list, [&](std::string_view text) {
    const auto element = parse_element(text);
    if (element && equals_ignoring_case(element->name, name)) weight = element->weight;
    return weight.has_value();
  });
  return weight;
}

}  // namespace

CodingChoice choose_coding(std::string_view accept_encoding, std::span<const std::string_view> offered) {
  const std::optional<int> others = weight_of(accept_encoding, "*");
  const std::optional<int> identity = weight_of(accept_encoding, "identity");
  CodingChoice choice;
  int best = 0;
  for (const std::string_view coding : offered) {
    std::optional<int> weight = weight_of(accept_encoding, coding);
    if (!weight && coding == "gzip") weight = weight_of(accept_encoding, "x-gzip");
    if (const int found = weight ? *weight : others.value_or(0); found > best) {
      best = found;
      choice.coding = coding;
    }
  }
  if (identity.value_or(0) > best) choice.coding = {};
  choice.acceptable = !choice.coding.empty() || (identity ? *identity > 0 : others.value_or(1000) > 0);
  return choice;
}

bool names_media_type(std::string_view accept, std::string_view type) {
  return weight_of(accept, type).value_or(0) > 0;
}

std::string_view media_type_of(std::string_view content_type) {
  return trim(content_type.substr(0, content_type.find(';')));
}

}  // namespace swarma::net
