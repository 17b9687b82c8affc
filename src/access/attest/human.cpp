// puzzle_solve {"algorithm":"human"}: a question in plain words, which a screen reader speaks as well as a screen shows
// it. Challenge {"algorithm":"human","question":{"en","de","ar"}} → response {"answer"}. It keeps out programs that do
// not read; one that reads gets in, and the trust says so. An action has kMaxAnswers tries.
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "access/attest/verifier.h"
#include "base/random.h"
#include "crypto/secret.h"

namespace swarma::access::attest {
namespace {

constexpr std::int64_t kMaxAnswers = 3;
constexpr std::size_t kMaxAnswerBytes = 100;
constexpr std::array<const char*, 3> kLanguages = {"en", "de", "ar"};
using InLanguages = std::array<const char*, 3>;  // in the order of kLanguages

std::size_t random_below(std::size_t bound) {
  const auto bytes = random_array<4>();
  return (bytes[0] | bytes[1] << 8 | bytes[2] << 16 | static_cast<std::size_t>(bytes[3]) << 24) % bound;
}

/// A question, and what is right, in lower case.
struct Question {
  std::array<std::string, 3> text;
  std::vector<std::string> answers;
};

constexpr std::array<InLanguages, 13> kNumbers = {{{"zero", "null", "صفر"},
                                                   {"one", "eins", "واحد"},
                                                   {"two", "zwei", "اثنان"},
                                                   {"three", "drei", "ثلاثة"},
                                                   {"four", "vier", "أربعة"},
                                                   {"five", "fünf", "خمسة"},
                                                   {"six", "sechs", "ستة"},
                                                   {"seven", "sieben", "سبعة"},
                                                   {"eight", "acht", "ثمانية"},
                                                   {"nine", "neun", "تسعة"},
                                                   {"ten", "zehn", "عشرة"},
                                                   {"eleven", "elf", "أحد عشر"},
                                                   {"twelve", "zwölf", "اثنا عشر"}}};
constexpr std::array<InLanguages, 8> kAnimals = {{{"horse", "pferd", "حصان"},
                                                  {"cat", "katze", "قطة"},
                                                  {"dog", "hund", "كلب"},
                                                  {"lion", "löwe", "أسد"},
                                                  {"fish", "fisch", "سمكة"},
                                                  {"goat", "ziege", "ماعز"},
                                                  {"bee", "biene", "نحلة"},
                                                  {"camel", "kamel", "جمل"}}};
constexpr std::array<InLanguages, 8> kThings = {{{"table", "tisch", "طاولة"},
                                                 {"spoon", "löffel", "ملعقة"},
                                                 {"book", "buch", "كتاب"},
                                                 {"window", "fenster", "نافذة"},
                                                 {"shoe", "schuh", "حذاء"},
                                                 {"bridge", "brücke", "جسر"},
                                                 {"lamp", "lampe", "مصباح"},
                                                 {"car", "auto", "سيارة"}}};

Question ask_sum() {
  const std::size_t a = 2 + random_below(5), b = 1 + random_below(6);
  Question out;
  const InLanguages before = {"How much is ", "Wie viel ist ", "كم يساوي "}, plus = {" plus ", " plus ", " زائد "},
                    after = {"?", "?", "؟"};
  for (std::size_t i = 0; i < kLanguages.size(); ++i) {
    out.text[i] = std::string(before[i]) + kNumbers[a][i] + plus[i] + kNumbers[b][i] + after[i];
    out.answers.emplace_back(kNumbers[a + b][i]);
  }
  out.answers.push_back(std::to_string(a + b));
  return out;
}

/// Four words, of which the one at `odd` is no animal.
std::vector<const InLanguages*> pick_words(std::size_t odd) {
  std::vector<const InLanguages*> words;
  const std::size_t first = random_below(kAnimals.size());
  for (std::size_t i = 0; i < 4; ++i) words.push_back(&kAnimals[(first + i * 3) % kAnimals.size()]);
  words[odd] = &kThings[random_below(kThings.size())];
  return words;
}

std::string listed(const std::vector<const InLanguages*>& words, std::size_t language) {
  std::string out;
  for (const InLanguages* word : words)
    out += (out.empty() ? "" : language == 2 ? "، " : ", ") + std::string((*word)[language]);
  return out;
}

Question ask_odd_one() {
  const std::size_t odd = random_below(4);
  const auto words = pick_words(odd);
  const InLanguages before = {"Which of these is no animal: ", "Was davon ist kein Tier: ",
                              "أي هذه الكلمات ليس حيوانًا: "},
                    after = {"?", "?", "؟"};
  Question out;
  for (std::size_t i = 0; i < kLanguages.size(); ++i) {
    out.text[i] = before[i] + listed(words, i) + after[i];
    out.answers.emplace_back((*words[odd])[i]);
  }
  return out;
}

Question ask_position() {
  const std::size_t which = random_below(4);
  const auto words = pick_words(random_below(4));
  constexpr std::array<InLanguages, 4> places = {{{"first", "erste", "الأولى"},
                                                  {"second", "zweite", "الثانية"},
                                                  {"third", "dritte", "الثالثة"},
                                                  {"fourth", "vierte", "الرابعة"}}};
  Question out;
  for (std::size_t i = 0; i < kLanguages.size(); ++i) {
    const InLanguages before = {"Write the ", "Schreiben Sie das ", "اكتب الكلمة "},
                      after = {" of these words: ", " dieser Wörter: ", " من هذه الكلمات: "};
    out.text[i] = std::string(before[i]) + places[which][i] + after[i] + listed(words, i);
    out.answers.emplace_back((*words[which])[i]);
  }
  return out;
}

/// Without blanks and full stops around it, ASCII in lower case.
std::string plain(std::string_view text) {
  constexpr std::string_view around = " \t\r\n.!\"'";
  const std::size_t begin = std::min(text.find_first_not_of(around), text.size());
  text = text.substr(begin, text.find_last_not_of(around) + 1 - begin);
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  for (std::size_t at = 0; (at = out.find("\xC3\x96", at)) != out.npos;) out[at + 1] = '\xB6';  // Ö
  for (std::size_t at = 0; (at = out.find("\xC3\x9C", at)) != out.npos;) out[at + 1] = '\xBC';  // Ü
  return out;
}

class HumanVerifier final : public PromptVerifier {
 public:
  policy::Requirement requirement() const override { return policy::Requirement::PuzzleSolve; }
  bool is_for(const policy::Leaf& leaf) const override {
    const auto params = parse_json(leaf.params);
    return params && params->value("algorithm", "") == "human";
  }
  std::string variant() const override { return "human"; }
  double trust() const override { return 0.3; }
  std::string calibration() const override {
    return "A question in plain words was answered. Programs that do not read language are kept out; a language model "
           "is not.";
  }

  Result<Challenge> challenge(const ActionContext&) override {
    constexpr std::array<Question (*)(), 3> kinds = {ask_sum, ask_odd_one, ask_position};
    const Question question = kinds[random_below(kinds.size())]();
    Json text = Json::object();
    for (std::size_t i = 0; i < kLanguages.size(); ++i) text[kLanguages[i]] = question.text[i];
    SWARMA_TRY(std::string challenge, canonical_json({{"algorithm", "human"}, {"question", std::move(text)}}));
    SWARMA_TRY(std::string state, canonical_json({{"answers", question.answers}}));
    return Challenge{std::move(challenge), std::move(state)};
  }

  Result<Evidence> judge(const ActionContext& context, const Json& state, const Json& response) override {
    if (context.tries > kMaxAnswers)
      return fail(ErrorCode::TooMany, "too_many_tries",
                  "This question was answered wrongly " + std::to_string(kMaxAnswers) + " times: ask for another.",
                  std::chrono::seconds(1));
    const JsonReader reader(response, "response");
    SWARMA_RETURN_IF_ERROR(reader.only({"answer"}));
    SWARMA_TRY(const std::string given, reader.text("answer", kMaxAnswerBytes));
    SWARMA_TRY(const Json* answers, JsonReader(state, "action's state").array("answers", 8));
    const std::string answer = plain(given);
    if (std::ranges::none_of(*answers, [&](const Json& right) { return right == answer; }))
      return fail(ErrorCode::Forbidden, "wrong_answer", "That is not the answer. Read the question again.");
    return Evidence{.trust = trust()};
  }
};

}  // namespace

std::unique_ptr<Verifier> make_human_verifier(const VerifierNeeds&) {
  return std::make_unique<HumanVerifier>();
}

}  // namespace swarma::access::attest
