// The few pages that are made here rather than in web/: plain HTML without scripts.
#pragma once

#include <string>
#include <string_view>

#include "net/http.h"

namespace swarma::api {

/// A text as it may stand between tags and in attributes.
std::string escape_html(std::string_view text);

/// A page with this title (plain text) and body (HTML), with the headers that keep it harmless. Caches may keep it if
/// they ask each time.
net::Response html_response(std::string_view title, std::string_view body);

}  // namespace swarma::api
