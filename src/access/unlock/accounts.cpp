// social_like with an account elsewhere: the viewer opens the address of a platform and signs in there, or writes a
// text into the profile of an account of the fediverse and names the account; on Nostr he signs (nostr.cpp).
#include <algorithm>
#include <nlohmann/json.hpp>

#include "access/unlock/requirements.h"

namespace swarma::access::unlock {
namespace {

constexpr std::size_t kMaxSentence = 1000;

/// What a node says for a terminal to show: visible ASCII only.
Result<std::string> plain(const Json& challenge, const char* name, std::size_t max) {
  SWARMA_TRY(std::string text, JsonReader(challenge, "challenge").text(name, max));
  if (!std::ranges::all_of(text, [](char c) { return c > ' ' && c < 127; }))
    return fail(ErrorCode::Corrupt, "answer_bad", "The node's challenge holds what cannot be shown.");
  return text;
}

std::optional<double> cost(const Json& params, const Answers& answers) {
  if (params.value("network", "") == "nostr") return answers.run_errand ? std::optional(kAsking) : std::nullopt;
  if (!answers.ask_elsewhere) return std::nullopt;
  return 3 * kAsking;  // another program to go to, and to come back from
}

Result<std::optional<Json>> sign_in(const Json& challenge, const Answers& answers) {
  SWARMA_TRY(const std::string url, plain(challenge, "url", 8192));
  SWARMA_TRY(const std::string provider, plain(challenge, "provider", 255));
  SWARMA_TRY(const std::string match, plain(challenge, "match", 8));
  if (!url.starts_with("https://") && !url.starts_with("http://"))
    return fail(ErrorCode::Corrupt, "answer_bad", "The node's challenge leads to no web page.");
  const auto done = answers.ask_elsewhere(
      {"Open this address in a browser and sign in. " + provider +
           " learns that you open something at this node; the node learns which account it is, and keeps a hash of it. "
           "Press the button at the end only if it shows the number " +
           match + ".",
       url},
      false);
  return done ? std::optional<Json>(Json::object()) : std::nullopt;
}

std::optional<Json> ask_account(const std::vector<std::string>& lines, const Answers& answers) {
  const auto account = answers.ask_elsewhere(lines, true);
  if (!account || account->empty()) return std::nullopt;
  return Json{{"account", *account}};
}

Result<std::optional<Json>> answer(const Json& params, const Json& challenge, const Answers& answers) {
  if (params.value("network", "") == "nostr") return answer_nostr(params, challenge, answers);
  if (params.value("network", "") != "activitypub") return sign_in(challenge, answers);
  SWARMA_TRY(const std::string token, plain(challenge, "token", 64));
  return ask_account({"Do it with an account of yours on the fediverse, and write this text into its profile, which "
                      "everybody can see; afterwards it can go. The node keeps a hash of the account.",
                      token},
                     answers);
}

std::optional<Json> retry(const Error& refusal, const Answers& answers) {
  const std::string sentence = refusal.message.substr(0, kMaxSentence);
  if (refusal.reason == "not_yet")
    return answers.ask_elsewhere({sentence}, false) ? std::optional<Json>(Json::object()) : std::nullopt;
  for (const char* reason : {"token_not_shown", "deed_not_found", "activitypub_address_bad", "activitypub_not_found",
                             "activitypub_closed", "activitypub_unavailable"})
    if (refusal.reason == reason) return ask_account({sentence}, answers);
  return std::nullopt;
}

}  // namespace

const Method kAccounts{policy::Requirement::SocialLike, cost, answer, nullptr, retry};

}  // namespace swarma::access::unlock
