// The text of cues, made safe. Internal.
#pragma once

#include <string>
#include <string_view>

namespace swarma::content::media {

/// SRT or WebVTT payload → WebVTT payload in a normal form: known tags lower-case, nested and closed, others dropped,
/// every other <, > and & escaped, no blank lines, no control characters. Cleaning twice changes nothing.
std::string clean_cue_text(std::string_view text);

/// The text of an ASS dialogue line → the same: overrides and drawings (\p1 to \p0) dropped, \N and \n
/// are line breaks.
std::string clean_ass_text(std::string_view text);

/// WebVTT cue settings that we know, each once; anything else is dropped.
std::string clean_cue_settings(std::string_view settings);

/// What a reader sees: tags dropped, entities resolved.
std::string plain_cue_text(std::string_view clean);

}  // namespace swarma::content::media
