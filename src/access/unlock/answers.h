// What a viewer is ready to do for a film.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace swarma::access::unlock {

/// The expected part of the work that is done, 0..; returning false gives up ("cancelled").
using Progress = std::function<bool(double expected_part)>;
/// Something that the viewer does outside this program, with a wallet or an extension of the browser.
struct Errand {
  std::vector<std::string> tell;   // what it costs, who gets it, what happens if it fails; texts to copy. One a line
  std::vector<std::string> bring;  // what is asked for afterwards, a line each
};

/// What is missing is asked for through the ask_… functions, where they are given.
struct Answers {
  bool accept_goodwill = false;
  std::string code;             // empty: none
  std::string pass;             // a pass of the creator's (vc+jwt); empty: none
  std::string path;             // empty: the one that opens most, then the cheapest
  unsigned puzzle_threads = 0;  // 0: one per core
  std::function<bool(const std::string& text)> ask_goodwill;
  std::function<std::optional<std::string>(const std::string& list)> ask_code;
  /// An address for a mail with a code; `complaint`: what was wrong with the last one, empty at first.
  std::function<std::optional<std::string>(const std::string& complaint)> ask_address;
  /// The code of that mail; an empty text once its link was confirmed instead.
  std::function<std::optional<std::string>(const std::string& complaint)> ask_mail_code;
  /// The lines that were asked for, in their order; nothing: declined.
  std::function<std::optional<std::vector<std::string>>(const Errand&)> run_errand;
  /// The node waits for somebody else, such as a chain; returning false gives up.
  std::function<bool(const std::string& sentence)> on_waiting;
  /// Shows what is to be done in another program, and waits until it is: the account that it was done with where one is
  /// wanted, otherwise an empty text. Nothing: declined.
  std::function<std::optional<std::string>(const std::vector<std::string>& lines, bool wants_account)> ask_elsewhere;
  /// A question for a person (puzzle_solve "human"); nothing: declined.
  std::function<std::optional<std::string>(const std::string& question)> ask_question = {};
  Progress on_puzzle;
  /// Something has to be waited for: why, in a sentence. A film that plays goes on meanwhile.
  std::function<void(const std::string& sentence)> on_wait;
};

}  // namespace swarma::access::unlock
