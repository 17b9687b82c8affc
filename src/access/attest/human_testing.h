// For tests: a person who reads English.
#pragma once

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <vector>

namespace swarma::access::attest::testing {

/// Answers as a person would, from the English text.
inline std::string answer_to(const std::string& question) {
  static const std::vector<std::string> numbers = {"zero",  "one",   "two",  "three", "four",   "five",  "six",
                                                   "seven", "eight", "nine", "ten",   "eleven", "twelve"};
  static const std::set<std::string> things = {"table", "spoon", "book", "window", "shoe", "bridge", "lamp", "car"};
  const auto words = [&](std::string list) {
    std::vector<std::string> out;
    std::erase(list, '?');
    for (std::size_t at = 0; at < list.size();) {
      const std::size_t end = std::min(list.find(", ", at), list.size());
      out.push_back(list.substr(at, end - at));
      at = end + 2;
    }
    return out;
  };
  if (question.starts_with("How much is ")) {
    const std::string sum = question.substr(12, question.size() - 13);
    const std::size_t plus = sum.find(" plus ");
    const auto number = [&](const std::string& word) { return std::ranges::find(numbers, word) - numbers.begin(); };
    return std::to_string(number(sum.substr(0, plus)) + number(sum.substr(plus + 6)));
  }
  const auto list = words(question.substr(question.find(": ") + 2));
  if (question.starts_with("Which of these is no animal"))
    return *std::ranges::find_if(list, [&](const std::string& word) { return things.contains(word); });
  for (std::size_t i = 0; i < 4; ++i)
    if (question.contains(std::array{"first", "second", "third", "fourth"}[i])) return list[i];
  return "";
}

}  // namespace swarma::access::attest::testing
