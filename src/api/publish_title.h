// The last step of every publish, whoever packaged the film: check the record and everything it leads to, then make it
// visible together with its codes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/services.h"
#include "title/codes.h"
#include "title/local_text.h"

namespace swarma::api {

struct PublishedTitle {
  TitleId id;
  std::int64_t revision = 1;
  bool repeated = false;
  std::vector<std::string> notes;  // what the creator may not have meant, in sentences
};

/// `publisher` must be the record's creator. Errors: those of verify_record, LocalKeyAgent::accept, check_complete and
/// TitleRegistry::publish, and Forbidden "not_creator".
Result<PublishedTitle> publish_title(Services& services, const std::string& record_jws, const std::string& sealed,
                                     const crypto::Did& publisher);

/// Takes the title and its codes away.
Result<void> unpublish_title(Services& services, const TitleId& id);

/// A new revision of the same blobs and the same secret with other words or terms, signed by the owner's key.
struct Revision {
  std::optional<std::string> name, summary, language;
  std::optional<std::vector<std::string>> tags;
  std::optional<title::LocalTexts> texts;
  std::optional<std::string> policy;      // canonical
  std::optional<title::CodeLists> codes;  // the private lists of that policy
};
Result<PublishedTitle> revise_title(Services& services, const TitleId& id, const Revision& revision);

}  // namespace swarma::api
