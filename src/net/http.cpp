#include "net/http.h"

#include <algorithm>
#include <charconv>

#include "net/http_syntax.h"

namespace swarma::net {

void Headers::add(std::string name, std::string value) {
  fields_.emplace_back(std::move(name), std::move(value));
}

void Headers::set(std::string name, std::string value) {
  std::erase_if(fields_, [&](const auto& field) { return equals_ignoring_case(field.first, name); });
  add(std::move(name), std::move(value));
}

std::string_view Headers::get(std::string_view name) const {
  const auto found =
      std::ranges::find_if(fields_, [&](const auto& field) { return equals_ignoring_case(field.first, name); });
  return found == fields_.end() ? std::string_view() : std::string_view(found->second);
}

std::size_t Headers::count(std::string_view name) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(fields_, [&](const auto& field) { return equals_ignoring_case(field.first, name); }));
}

std::string Headers::joined(std::string_view name) const {
  std::string out;
  for (const auto& [field, value] : fields_)
    if (equals_ignoring_case(field, name)) out += (out.empty() ? "" : ", ") + value;
  return out;
}

namespace {

std::unexpected<Error> bad_query(std::string message) {
  return fail(ErrorCode::BadRequest, "bad_query", std::move(message));
}

struct RawParameter {
  std::string_view name, value;  // still encoded
};

RawParameter take_parameter(std::string_view& query) {
  const std::size_t end = std::min(query.find('&'), query.size());
  const std::string_view pair = query.substr(0, end);
  query.remove_prefix(std::min(end + 1, query.size()));
  const std::size_t equals = std::min(pair.find('='), pair.size());
  return {pair.substr(0, equals), pair.substr(std::min(equals + 1, pair.size()))};
}

std::optional<std::string> decode(std::string_view text) {
  auto decoded = percent_decode(text, true);
  if (decoded && decoded->find('\0') != std::string::npos) return std::nullopt;
  return decoded;
}

}  // namespace

Result<void> check_query(std::string_view query) {
  while (!query.empty()) {
    const RawParameter parameter = take_parameter(query);
    if (!decode(parameter.name) || !decode(parameter.value))
      return bad_query("The query of the address holds a broken percent escape, or bytes that are not text in UTF-8.");
  }
  return {};
}

Result<std::optional<std::string>> find_query(std::string_view query, std::string_view name, std::size_t max_bytes) {
  SWARMA_RETURN_IF_ERROR(check_query(query));
  std::optional<std::string> found;
  while (!query.empty()) {
    const RawParameter parameter = take_parameter(query);
    if (decode(parameter.name) != name) continue;
    if (found) return bad_query("The query names \"" + std::string(name) + "\" twice.");
    found = decode(parameter.value);
    if (found->size() > max_bytes)
      return bad_query("\"" + std::string(name) + "\" has at most " + std::to_string(max_bytes) + " bytes.");
  }
  return found;
}

Result<std::uint64_t> query_number(std::string_view query, std::string_view name, std::uint64_t min, std::uint64_t max,
                                   std::uint64_t fallback) {
  SWARMA_TRY(const auto text, find_query(query, name, SIZE_MAX));
  if (!text) return fallback;
  std::uint64_t value = 0;
  const auto parsed = std::from_chars(text->data(), text->data() + text->size(), value);
  const bool is_number = parsed.ec == std::errc() && parsed.ptr == text->data() + text->size();
  if (!is_number || value < min || value > max)
    return bad_query("\"" + std::string(name) + "\" is a whole number from " + std::to_string(min) + " to " +
                     std::to_string(max) + ".");
  return value;
}

Result<std::vector<std::pair<std::string, std::string>>> read_form(std::string_view form, std::size_t max_items) {
  SWARMA_RETURN_IF_ERROR(check_query(form));
  std::vector<std::pair<std::string, std::string>> out;
  while (!form.empty()) {
    const RawParameter parameter = take_parameter(form);
    std::string name = *decode(parameter.name);
    if (out.size() == max_items) return bad_query("There are more than " + std::to_string(max_items) + " parameters.");
    if (std::ranges::find(out, name, &std::pair<std::string, std::string>::first) != out.end())
      return bad_query("\"" + name + "\" is named twice.");
    out.emplace_back(std::move(name), *decode(parameter.value));
  }
  return out;
}

std::string percent_encode(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                            c == '.' || c == '_' || c == '~';
    if (unreserved) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out;
}

}  // namespace swarma::net
