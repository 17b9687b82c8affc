// Names of languages. Internal.
#pragma once

#include <string>
#include <string_view>

namespace swarma::content::media {

/// BCP 47 for an ISO 639-2 code (bibliographic or terminological), a two-letter code or a tag that is already BCP 47:
/// "ger" → "de", "pt-BR" → "pt-BR". "und" for everything else.
std::string to_bcp47(std::string_view code);

/// ISO 639-2/T, as MP4 writes languages: "de" → "deu"; "und" where there is none.
std::string to_iso639_2(std::string_view bcp47);

/// The English name: "de" → "German", "pt-BR" → "Portuguese (BR)"; the tag itself where we know no name; "" for "und".
std::string language_name(std::string_view bcp47);

}  // namespace swarma::content::media
