#include "api/html.h"

#include <fmt/format.h>

#include "api/problem.h"

namespace swarma::api {
namespace {

constexpr std::string_view kStyle =
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}"
    "code{font-family:ui-monospace,monospace}section{border-top:1px solid #8884;padding:.5rem 0}"
    "h2{font-size:1.1rem;margin:.5rem 0}pre{overflow:auto;background:#8881;padding:.75rem;border-radius:.4rem}";

}  // namespace

std::string escape_html(std::string_view text) {
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

net::Response html_response(std::string_view title, std::string_view body) {
  net::Response response;
  response.headers.set("Content-Security-Policy",
                       "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
                       "frame-ancestors 'none'");
  response.headers.set("Referrer-Policy", "no-referrer");
  response.headers.set("Content-Type", "text/html; charset=utf-8");
  response.body = fmt::format(
      "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">"
      "<title>{0}</title><style>{1}</style><h1>{0}</h1>{2}</html>",
      escape_html(title), kStyle, body);
  make_revalidated(response);
  return response;
}

}  // namespace swarma::api
