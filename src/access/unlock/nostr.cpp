// social_like on Nostr: the viewer likes, reposts or follows, and signs an event that says so.
#include <nlohmann/json.hpp>

#include "access/unlock/requirements.h"

namespace swarma::access::unlock {

Result<std::optional<Json>> answer_nostr(const Json& params, const Json& challenge, const Answers& answers) {
  SWARMA_TRY(const Json* event, JsonReader(challenge, "challenge").object("event"));
  const std::string action = params.value("action", "like");
  const Errand errand{
      .tell = {(action == "follow"   ? "Follow "
                : action == "repost" ? "Repost "
                                     : "Like ") +
                   params.value("target", "") + " on Nostr, with your own key.",
               "Everybody can see that. The node learns your public key; it asks relays for what you did.",
               "Sign this event with the same key, as it is; it is sent to this node only: " + event->dump()},
      .bring = {"The signed event:"}};
  const auto brought = answers.run_errand(errand);
  if (!brought || brought->size() != 1 || brought->front().empty()) return std::nullopt;
  SWARMA_TRY(Json signed_event, parse_json(brought->front()));
  return Json{{"event", std::move(signed_event)}};
}

}  // namespace swarma::access::unlock
