#include <fmt/core.h>

#include <algorithm>
#include <numeric>
#include <optional>

#include "content/media/captions.h"
#include "content/media/captions_markup.h"

namespace swarma::content::media {
namespace {

constexpr std::size_t kMaxCueBytes = 16 << 10;
constexpr std::size_t kMaxHourDigits = 4;

std::string_view trim(std::string_view text) {
  constexpr std::string_view blank = " \t\f\v\0";
  std::size_t from = text.find_first_not_of(blank);
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(blank) - from + 1);
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Lines of a text with any line ends.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) { next(); }
  bool end() const { return end_; }
  std::string_view line() const { return line_; }
  std::size_t number() const { return number_; }
  void next() {
    if (rest_.empty()) {
      end_ = true;
      line_ = {};
      return;
    }
    std::size_t at = std::min(rest_.find_first_of("\r\n"), rest_.size());
    line_ = rest_.substr(0, at);
    std::size_t skip = at < rest_.size() && rest_.substr(at, 2) == "\r\n" ? 2 : at < rest_.size() ? 1 : 0;
    rest_.remove_prefix(at + skip);
    ++number_;
  }

 private:
  std::string_view rest_, line_;
  std::size_t number_ = 0;
  bool end_ = false;
};

// [[H…:]MM:]SS[.,mmm], taken from the front of `text`.
std::optional<std::int64_t> take_time(std::string_view& text) {
  std::size_t end = std::min(text.find_first_not_of("0123456789:.,"), text.size());
  std::string_view time = text.substr(0, end);
  text.remove_prefix(end);
  std::int64_t ms = 0;
  if (std::size_t dot = time.find_first_of(".,"); dot != std::string_view::npos) {
    std::string_view fraction = time.substr(dot + 1);
    if (!all_digits(fraction) || fraction.size() > 9) return std::nullopt;
    for (std::size_t i = 0; i < 3; ++i) ms = ms * 10 + (i < fraction.size() ? fraction[i] - '0' : 0);
    time = time.substr(0, dot);
  }
  std::int64_t seconds = 0;
  int fields = 0;
  for (bool more = true; more; ++fields) {
    std::size_t colon = std::min(time.find(':'), time.size());
    std::string_view field = time.substr(0, colon);
    more = colon < time.size();
    time.remove_prefix(std::min(colon + 1, time.size()));
    if (!all_digits(field) || field.size() > kMaxHourDigits || fields == 3) return std::nullopt;
    std::int64_t value = 0;
    for (char c : field) value = value * 10 + (c - '0');
    seconds = seconds * 60 + value;
  }
  if (fields < 2) return std::nullopt;
  return seconds * 1000 + ms;
}

// "00:01:02,000 --> 00:01:04,500 align:start"
std::optional<Cue> parse_timing(std::string_view line) {
  line = trim(line);
  Cue cue;
  auto start = take_time(line);
  line = trim(line);
  if (!start || !line.starts_with("-->")) return std::nullopt;
  line = trim(line.substr(3));
  auto end = take_time(line);
  if (!end || (!line.empty() && line[0] != ' ' && line[0] != '\t')) return std::nullopt;
  cue.start_ms = *start, cue.end_ms = *end;
  cue.settings = clean_cue_settings(trim(line));
  return cue;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : lines_(text) {}

  Result<std::vector<Cue>> run() {
    skip_blank();
    bool vtt = is_vtt_header();
    if (vtt)
      skip_block();
    else if (lines_.end() || (!is_timing() && !all_digits(trim(lines_.line()))))
      return neither();
    while (skip_blank(), !lines_.end()) SWARMA_RETURN_IF_ERROR(block(vtt));
    if (cues_.empty() && !vtt) return neither();
    sort_cues(cues_);
    return std::move(cues_);
  }

 private:
  bool is_vtt_header() const {
    std::string_view line = lines_.line();
    return line.starts_with("WEBVTT") && (line.size() == 6 || line[6] == ' ' || line[6] == '\t');
  }
  bool is_timing() const { return lines_.line().find("-->") != std::string_view::npos; }
  void skip_blank() {
    while (!lines_.end() && trim(lines_.line()).empty()) lines_.next();
  }
  void skip_block() {
    while (!lines_.end() && !trim(lines_.line()).empty()) lines_.next();
  }
  std::unexpected<Error> bad(std::string_view what) const {
    return fail(ErrorCode::BadRequest, "bad_captions",
                fmt::format("Line {} of the captions {}.", lines_.number(), what));
  }
  std::unexpected<Error> neither() const {
    return bad(
        "is neither SRT nor WebVTT: expected “WEBVTT”, a number, or a line such as 00:00:01,000 --> 00:00:04,000");
  }

  // One block of lines: a cue with or without a name above its times, or (WebVTT) a note, a style, a region.
  Result<void> block(bool vtt) {
    std::string_view first = trim(lines_.line());
    if (vtt && (first == "NOTE" || first.starts_with("NOTE ") || first.starts_with("NOTE\t") || first == "STYLE" ||
                first == "REGION")) {
      skip_block();
      return {};
    }
    if (!is_timing()) {
      lines_.next();
      if (lines_.end() || !is_timing()) return stray(first, vtt);
    }
    auto cue = parse_timing(lines_.line());
    if (!cue) return bad("does not give times as 00:00:01,000 --> 00:00:04,000");
    lines_.next();
    return text(*cue);
  }

  Result<void> text(Cue& cue) {
    std::string raw;
    for (; !lines_.end() && !trim(lines_.line()).empty() && !parse_timing(lines_.line()); lines_.next()) {
      if (!raw.empty()) raw += '\n';
      raw += lines_.line();
      if (raw.size() > kMaxCueBytes) return bad("makes a cue longer than 16 KiB");
    }
    cue.text = clean_cue_text(raw);
    if (cue.text.empty() || cue.end_ms <= cue.start_ms) return {};  // nothing to show
    if (cues_.size() == kMaxCues)
      return fail(ErrorCode::TooLarge, "too_many_cues",
                  fmt::format("A caption file may have at most {} cues.", kMaxCues));
    cues_.push_back(std::move(cue));
    return {};
  }

  // Text without times. In SRT it belongs to the cue before it, which had an empty line in its text.
  Result<void> stray(std::string_view first, bool vtt) {
    if (vtt) {
      skip_block();
      return {};
    }
    if (all_digits(first) && (lines_.end() || trim(lines_.line()).empty())) return {};  // the number of an empty cue
    if (cues_.empty()) return neither();
    std::string more = clean_cue_text(first);
    if (cues_.back().text.size() + more.size() > kMaxCueBytes) return bad("makes a cue longer than 16 KiB");
    if (!more.empty()) cues_.back().text += '\n' + more;
    return {};
  }

  Lines lines_;
  std::vector<Cue> cues_;
};

}  // namespace

void sort_cues(std::vector<Cue>& cues) {
  std::vector<std::size_t> order(cues.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::pair(cues[a].start_ms, a) < std::pair(cues[b].start_ms, b);
  });
  std::vector<Cue> sorted;
  sorted.reserve(cues.size());
  for (std::size_t i : order) sorted.push_back(std::move(cues[i]));
  cues = std::move(sorted);
}

Result<std::vector<Cue>> parse_captions(ByteView bytes, const TextHint& hint) {
  SWARMA_TRY(const DecodedText decoded, decode_text(bytes, hint));
  return Parser(decoded.text).run();
}

}  // namespace swarma::content::media
