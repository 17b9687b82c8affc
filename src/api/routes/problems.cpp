#include "api/routes/problems.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "api/description.h"
#include "api/html.h"

namespace swarma::api {
namespace {

/// `code` in a text becomes code in HTML.
std::string prose(std::string_view text) {
  std::string out = escape_html(text);
  bool open = false;
  for (std::size_t at = 0; (at = out.find('`', at)) != std::string::npos; open = !open)
    out.replace(at, 1, open ? "</code>" : "<code>");
  return out;
}

Result<net::Response> explain(const ProblemRoutes&, const Call& call) {
  const auto found = problems().find(call.request.path_params.front());
  if (found == problems().end())
    return fail(ErrorCode::NotFound, "not_found", "There is no problem of this name: see /docs for the API.");
  const Json& problem = *found;
  return html_response(
      found.key(),
      fmt::format("<p>{}</p><h2>What to do</h2><p>{}</p><p>HTTP status {}. <a href=\"/docs\">The API of this "
                  "node</a></p>",
                  prose(problem["what"].get<std::string>()), prose(problem["do"].get<std::string>()),
                  problem["status"].get<int>()));
}

}  // namespace

Table routes(const ProblemRoutes& with) {
  return {{.method = "GET", .pattern = "/problems/{reason}", .runs = Runs::Inline, .handler = on(with, explain)}};
}

}  // namespace swarma::api
