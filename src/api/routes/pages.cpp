// The pages compiled into the program (web/dist), /openapi.json and /docs. Unknown paths of the pages' own router
// answer index.html; assets carry their hash in the name and never change.
#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "api/problem.h"
#include "api/routes.h"
#include "base/embedded.h"

namespace swarma::api {
namespace {

constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' blob: "
    "data:; "
    "media-src 'self' blob: data:; connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; "
    "form-action 'self'; "
    "frame-ancestors 'none'";

std::string_view content_type(std::string_view path) {
  static const std::map<std::string_view, std::string_view> types = {{"html", "text/html; charset=utf-8"},
                                                                     {"js", "text/javascript; charset=utf-8"},
                                                                     {"css", "text/css; charset=utf-8"},
                                                                     {"json", "application/json"},
                                                                     {"svg", "image/svg+xml"},
                                                                     {"png", "image/png"},
                                                                     {"ico", "image/x-icon"},
                                                                     {"webmanifest", "application/manifest+json"},
                                                                     {"txt", "text/plain; charset=utf-8"}};
  const std::size_t dot = path.rfind('.');
  const auto it = dot == std::string_view::npos ? types.end() : types.find(path.substr(dot + 1));
  return it == types.end() ? "application/octet-stream" : it->second;
}

void add_page_headers(net::Headers& headers) {
  headers.set("Content-Security-Policy", std::string(kPolicy));
  headers.set("X-Content-Type-Options", "nosniff");
  headers.set("Referrer-Policy", "no-referrer");
  headers.set("Cross-Origin-Opener-Policy", "same-origin");
  headers.set("Permissions-Policy", "camera=(), microphone=(), geolocation=()");
}

const std::map<std::string_view, std::string_view>& web_index() {
  static const std::map<std::string_view, std::string_view> index = [] {
    std::map<std::string_view, std::string_view> out;
    for (const embedded::File& file : embedded::web_files()) out.emplace(file.path, file.bytes);
    return out;
  }();
  return index;
}

bool accepts(const net::Request& request, std::string_view coding) {
  return request.headers.get("Accept-Encoding").find(coding) != std::string_view::npos;
}

net::Response page_file(const net::Request& request, std::string_view path, std::string_view bytes) {
  net::Response response;
  add_page_headers(response.headers);
  response.headers.set("Content-Type", std::string(content_type(path)));
  const bool hashed = path.starts_with("assets/");
  response.headers.set("Cache-Control", hashed ? "public, max-age=31536000, immutable" : "no-cache");
  response.headers.set("Vary", "Accept-Encoding");
  for (const auto& [coding, suffix] : {std::pair{"br", ".br"}, std::pair{"gzip", ".gz"}}) {
    const auto it = web_index().find(std::string(path) + suffix);
    if (it == web_index().end() || !accepts(request, coding)) continue;
    response.headers.set("Content-Encoding", coding);
    bytes = it->second;
    break;
  }
  response.body = std::string(bytes);
  return response;
}

Result<net::Response> page(const net::Request& request) {
  const std::string_view path = std::string_view(request.path).substr(1);
  if (const auto it = web_index().find(path); it != web_index().end() && !path.empty())
    return page_file(request, path, it->second);
  const std::size_t last = path.rfind('/') == std::string_view::npos ? 0 : path.rfind('/') + 1;
  const bool of_router = path.substr(last).find('.') == std::string_view::npos && !path.starts_with("v1/");
  const auto index = web_index().find("index.html");
  if (of_router && index != web_index().end()) return page_file(request, "index.html", index->second);
  if (of_router && path.empty())
    return fail(ErrorCode::NotFound, "pages_not_built",
                "This program was built without the web pages. Build it with ./dev build, or use `swarma watch`.");
  return fail(ErrorCode::NotFound, "not_found", "There is nothing at this address.");
}

const Json& openapi() {
  static const Json document = Json::parse(embedded::api_files().front().bytes);
  return document;
}

std::string escape(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else
      out.push_back(c);
  }
  return out;
}

/// /openapi.json as one readable page, without scripts.
std::string render_docs() {
  static constexpr std::string_view kStyle =
      "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}"
      "code{font-family:ui-monospace,monospace}section{border-top:1px solid #8884;padding:.5rem 0}"
      "h2{font-size:1.1rem;margin:.5rem 0}pre{overflow:auto;background:#8881;padding:.75rem;border-radius:.4rem}";
  std::string out = fmt::format(
      "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">"
      "<title>Swarma node API</title><style>{}</style><h1>Swarma node API</h1><p>{} The same for programs: "
      "<a href=\"/openapi.json\">openapi.json</a>.</p>",
      kStyle, escape(openapi()["info"]["summary"].get<std::string>()));
  for (const auto& [path, methods] : openapi()["paths"].items()) {
    for (const auto& [method, operation] : methods.items()) {
      std::string verb = method;
      for (char& c : verb) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
      out += fmt::format("<section><h2><code>{} {}</code></h2><p>{}{}</p>", verb, escape(path),
                         escape(operation["summary"].get<std::string>()),
                         operation.contains("security") ? " <em>(DPoP)</em>" : "");
      for (const char* part : {"parameters", "requestBody", "responses"})
        if (operation.contains(part))
          out += fmt::format("<details><summary>{}</summary><pre>{}</pre></details>", part,
                             escape(operation[part].dump(1)));
      out += "</section>";
    }
  }
  out += "<h1>Schemas</h1>";
  for (const auto& [name, schema] : openapi()["components"]["schemas"].items())
    out += fmt::format("<section id=\"{0}\"><h2><code>{0}</code></h2><pre>{1}</pre></section>", escape(name),
                       escape(schema.dump(1)));
  return out + "</html>";
}

Result<net::Response> docs(const net::Request&) {
  static const std::string page = render_docs();
  net::Response response;
  add_page_headers(response.headers);
  response.headers.set("Content-Type", "text/html; charset=utf-8");
  response.body = page;
  return response;
}

}  // namespace

void add_page_routes(Services& services, Routes& routes) {
  const auto add = [&](std::string pattern, ApiHandler handler) {
    routes.push_back({.method = "GET",
                      .pattern = std::move(pattern),
                      .where = net::Where::Inline,
                      .handler = answer(services, std::move(handler))});
  };
  add("/openapi.json", [](const net::Request&) -> Result<net::Response> {
    net::Response response;
    response.headers.set("Content-Type", "application/json");
    response.body = std::string(embedded::api_files().front().bytes);
    return response;
  });
  add("/docs", docs);
  add("/", page);
  add("/{path*}", page);
}

}  // namespace swarma::api
