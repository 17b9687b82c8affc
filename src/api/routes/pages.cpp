#include "api/routes/pages.h"

#include <fmt/format.h>

#include <array>
#include <map>
#include <nlohmann/json.hpp>

#include "api/description.h"
#include "api/html.h"
#include "api/problem.h"
#include "base/embedded.h"
#include "crypto/hash.h"
#include "net/http_accept.h"

namespace swarma::api {
namespace {

constexpr std::string_view kScripts = "default-src 'none'; script-src 'self'";
/// The worker that fills memory for a puzzle is WebAssembly, which only its own file may compile.
constexpr std::string_view kWasmWorker = "assets/argon2-worker-";
constexpr std::string_view kElse =
    "; worker-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' blob: "
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

void add_page_headers(net::Headers& headers, std::string_view path = {}) {
  std::string policy(kScripts);
  if (path.starts_with(kWasmWorker)) policy += " 'wasm-unsafe-eval'";
  headers.set("Content-Security-Policy", policy.append(kElse));
  headers.set("Referrer-Policy", "no-referrer");
  headers.set("Cross-Origin-Opener-Policy", "same-origin");
  headers.set("Permissions-Policy", "camera=(), microphone=(), geolocation=()");
}

/// A file of the pages with the tag that changes when it does.
struct WebFile {
  std::string_view bytes;
  std::string etag;
};

const std::map<std::string_view, WebFile>& web_index() {
  static const std::map<std::string_view, WebFile> index = [] {
    std::map<std::string_view, WebFile> out;
    for (const embedded::File& file : embedded::web_files())
      out.emplace(file.path, WebFile{file.bytes, '"' + to_base64url(crypto::sha256(view(file.bytes))) + '"'});
    return out;
  }();
  return index;
}

const WebFile* find_file(std::string_view path) {
  const auto it = web_index().find(path);
  return it == web_index().end() ? nullptr : &it->second;
}

Result<net::Response> page_file(const net::Request& request, std::string_view path, const WebFile& plain) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 2> kCodings = {
      {{"br", ".br"}, {"gzip", ".gz"}}};
  std::vector<std::string_view> offered;
  for (const auto& [coding, suffix] : kCodings)
    if (find_file(std::string(path).append(suffix)) != nullptr) offered.push_back(coding);
  const net::CodingChoice choice = net::choose_coding(request.headers.joined("Accept-Encoding"), offered);
  if (!choice.acceptable)
    return fail(ErrorCode::Unsupported, "not_acceptable",
                "Accept-Encoding rules out every form of this page: allow br, gzip or identity.");
  const WebFile* file = &plain;
  net::Response response;
  add_page_headers(response.headers, path);
  response.headers.set("Content-Type", std::string(content_type(path)));
  const bool hashed = path.starts_with("assets/");
  response.headers.set("Cache-Control", hashed ? "public, max-age=31536000, immutable" : "no-cache");
  response.headers.set("Vary", "Accept-Encoding");
  if (!choice.coding.empty()) {
    response.headers.set("Content-Encoding", std::string(choice.coding));
    file = find_file(std::string(path).append(choice.coding == "br" ? ".br" : ".gz"));
  }
  response.headers.set("ETag", file->etag);
  response.body = std::string(file->bytes);
  return response;
}

/// index.html, whose own router (web/src/router.ts) shows what is at the address.
Result<net::Response> router_page(const net::Request& request) {
  if (const WebFile* index = find_file("index.html")) return page_file(request, "index.html", *index);
  return fail(ErrorCode::NotFound, "pages_not_built",
              "This program was built without the web pages. Build it with ./dev build, or use `swarma watch`.");
}

/// There is nothing to see: a browser hears it from the page, everybody else from a problem.
Result<net::Response> missing_page(const net::Request& request, const Error& error) {
  if (!net::names_media_type(request.headers.joined("Accept"), "text/html")) return std::unexpected(error);
  SWARMA_TRY(net::Response response, router_page(request));
  response.status = http_status(error);
  response.headers.set("Cache-Control", "no-store");
  response.headers.set("Vary", "Accept, Accept-Encoding");
  return response;
}

bool is_router_page(std::string_view path) {
  for (const std::string_view page : {"", "studio", "studio/link", "studio/members", "studio/new"})
    if (path == page) return true;
  for (const std::string_view about_title : {"t/", "studio/new/", "studio/edit/"})
    if (path.starts_with(about_title) && TitleId::parse(path.substr(about_title.size()))) return true;
  return false;
}

/// A page about a title: there only while the title is.
Result<net::Response> title_page(const PageRoutes& with, const Call& call) {
  const net::Request& request = call.request;
  const auto id = TitleId::parse(request.path_params.front());
  if (!id) return missing_page(request, {ErrorCode::NotFound, "title_not_found", "There is no title at this address."});
  if (const auto stored = with.registry.get(*id); !stored) return missing_page(request, stored.error());
  return router_page(request);
}

Result<net::Response> page(const PageRoutes&, const Call& call) {
  const net::Request& request = call.request;
  std::string_view path = std::string_view(request.path).substr(1);
  if (const WebFile* file = find_file(path); file != nullptr && !path.empty()) return page_file(request, path, *file);
  if (is_router_page(path)) return router_page(request);
  while (path.ends_with('/')) path.remove_suffix(1);
  if (!path.empty() && is_router_page(path)) {
    net::Response response;
    response.status = 308;
    response.headers.set("Location", "/" + std::string(path) + (request.query.empty() ? "" : "?" + request.query));
    return response;
  }
  return missing_page(request, {ErrorCode::NotFound, "not_found", "There is nothing at this address."});
}

/// /openapi.json as one readable page, without scripts.
std::string render_docs() {
  std::string out = fmt::format("<p>{} The same for programs: <a href=\"/openapi.json\">openapi.json</a>.</p>",
                                escape_html(description()["info"]["summary"].get<std::string>()));
  for (const auto& [path, methods] : description()["paths"].items()) {
    for (const auto& [method, operation] : methods.items()) {
      std::string verb = method;
      for (char& c : verb) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
      out += fmt::format("<section><h2><code>{} {}</code></h2><p>{}{}</p>", verb, escape_html(path),
                         escape_html(operation["summary"].get<std::string>()),
                         operation.contains("security") ? " <em>(DPoP)</em>" : "");
      for (const char* part : {"parameters", "requestBody", "responses"})
        if (operation.contains(part))
          out += fmt::format("<details><summary>{}</summary><pre>{}</pre></details>", part,
                             escape_html(operation[part].dump(1)));
      out += "</section>";
    }
  }
  out += "<h1>Schemas</h1>";
  for (const auto& [name, schema] : description()["components"]["schemas"].items())
    out += fmt::format("<section id=\"{0}\"><h2><code>{0}</code></h2><pre>{1}</pre></section>", escape_html(name),
                       escape_html(schema.dump(1)));
  return out;
}

Result<net::Response> docs(const PageRoutes&, const Call&) {
  static const std::string page = render_docs();
  return html_response("Swarma node API", page);
}

Result<net::Response> openapi(const PageRoutes&, const Call&) {
  net::Response response;
  response.headers.set("Content-Type", "application/json");
  static const std::string text = description().dump();
  response.body = text;
  make_revalidated(response);
  return response;
}

}  // namespace

Table routes(const PageRoutes& with) {
  const auto get = [](std::string pattern, ApiHandler handler, Runs runs = Runs::Inline) {
    return Entry{.method = "GET", .pattern = std::move(pattern), .runs = runs, .handler = std::move(handler)};
  };
  Table table = {get("/openapi.json", on(with, openapi)), get("/docs", on(with, docs)), get("/", on(with, page)),
                 get("/{path*}", on(with, page))};
  for (const char* pattern : {"/t/{id}", "/studio/new/{id}", "/studio/edit/{id}"})
    table.push_back(get(pattern, on(with, title_page), Runs::Sql));
  return table;
}

}  // namespace swarma::api
