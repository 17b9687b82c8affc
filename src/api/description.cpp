#include "api/description.h"

#include <nlohmann/json.hpp>

#include "base/embedded.h"

namespace swarma::api {
namespace {

Json read_file(std::string_view path) {
  for (const embedded::File& file : embedded::api_files())
    if (file.path == path) return Json::parse(file.bytes);
  return Json::object();
}

Json join() {
  Json whole = read_file("openapi.json");
  for (const embedded::File& file : embedded::api_files()) {
    if (!file.path.starts_with("routes/")) continue;
    const Json part = Json::parse(file.bytes);
    whole["paths"].update(part["paths"]);
    if (part.contains("schemas")) whole["components"]["schemas"].update(part["schemas"]);
  }
  return whole;
}

}  // namespace

const Json& description() {
  static const Json whole = join();
  return whole;
}

const Json& problems() {
  static const Json list = read_file("problems/problems.json");
  return list;
}

}  // namespace swarma::api
