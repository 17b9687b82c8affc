// Files compiled into the program (cmake/embed.cmake): one binary, nothing beside it.
#pragma once

#include <span>
#include <string_view>

namespace swarma::embedded {

struct File {
  std::string_view path;  // relative to the folder it was taken from
  std::string_view bytes;
};

std::span<const File> api_files();  // the JSON files below src/api
std::span<const File> web_files();  // web/dist; empty in a build without the pages

}  // namespace swarma::embedded
