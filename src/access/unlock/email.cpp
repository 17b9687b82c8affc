// email_verify: the viewer names an address, and types the code of the mail that comes, or presses the button behind
// its link, on whatever device.
#include <nlohmann/json.hpp>

#include "access/unlock/requirements.h"

namespace swarma::access::unlock {
namespace {

constexpr std::size_t kMaxSentence = 1000;

std::optional<double> cost(const Json&, const Answers& answers) {
  if (!answers.ask_address || !answers.ask_mail_code) return std::nullopt;
  return 2 * kAsking;  // two questions, and a mail to wait for
}

/// What can be mended by another address.
bool is_about_the_address(const Error& error) {
  return error.reason == "bad_address" || error.reason == "domain_not_allowed" ||
         error.reason == "mail_address_unsupported";
}

Result<bool> prepare(const Json&, const Answers& answers, const Say& say) {
  std::string complaint;
  for (;;) {
    const std::optional<std::string> address = answers.ask_address(complaint);
    if (!address || address->empty()) return false;
    const Result<Json> reply = say({{"address", *address}});
    if (reply) return true;
    if (!is_about_the_address(reply.error())) return std::unexpected(reply.error());
    complaint = reply.error().message.substr(0, kMaxSentence);
  }
}

std::optional<Json> ask_code(const Answers& answers, const std::string& complaint) {
  const std::optional<std::string> code = answers.ask_mail_code(complaint);
  if (!code) return std::nullopt;
  return code->empty() ? Json::object() : Json{{"code", *code}};
}

Result<std::optional<Json>> answer(const Json&, const Json&, const Answers& answers) {
  return ask_code(answers, "");
}

std::optional<Json> retry(const Error& refusal, const Answers& answers) {
  if (refusal.reason != "mail_code_wrong" && refusal.reason != "not_yet") return std::nullopt;
  return ask_code(answers, refusal.message.substr(0, kMaxSentence));
}

}  // namespace

const Method kEmail{policy::Requirement::EmailVerify, cost, answer, prepare, retry};

}  // namespace swarma::access::unlock
