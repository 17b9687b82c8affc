// How a creator names a caption file: LANG[:WORD]…=FILE. Nothing before the equals sign can be part of a file's name.
#include <fmt/core.h>

#include <utility>

#include "content/media/plan.h"
#include "content/media/text_encoding.h"

namespace swarma::content::media {
namespace {

constexpr std::pair<std::string_view, bool title::TrackMarks::*> kWords[] = {
    {"default", &title::TrackMarks::is_default},
    {"forced", &title::TrackMarks::forced},
    {"sdh", &title::TrackMarks::hearing_impaired},
    {"commentary", &title::TrackMarks::commentary}};

Result<void> take_word(std::string_view word, SidecarCaptions& out) {
  for (const auto& [name, mark] : kWords)
    if (word == name) {
      out.marks.*mark = true;
      return {};
    }
  if (!out.encoding.empty() || !find_encoding(word))
    return fail(ErrorCode::BadRequest, "usage",
                fmt::format("“{}” is neither forced, sdh, commentary, default nor an encoding such as windows-1251; "
                            "--captions takes LANG[:WORD]=FILE.",
                            word));
  out.encoding = word;
  return {};
}

}  // namespace

Result<SidecarCaptions> SidecarCaptions::parse(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0 || equals + 1 == text.size())
    return fail(ErrorCode::BadRequest, "usage",
                "--captions takes LANG=FILE, for example --captions de=film.de.srt, or with an encoding "
                "ru:windows-1251=film.ru.srt.");
  std::string_view words = text.substr(0, equals);
  std::size_t colon = words.find(':');
  SidecarCaptions out{.language = std::string(words.substr(0, colon)), .file = std::string(text.substr(equals + 1))};
  while (colon != std::string_view::npos) {
    words.remove_prefix(colon + 1);
    colon = words.find(':');
    SWARMA_RETURN_IF_ERROR(take_word(words.substr(0, colon), out));
  }
  return out;
}

}  // namespace swarma::content::media
