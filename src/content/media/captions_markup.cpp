#include "content/media/captions_markup.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

namespace swarma::content::media {
namespace {

constexpr std::size_t kMaxTag = 200;   // longest "<…>" that counts as a tag
constexpr std::size_t kMaxDepth = 16;  // of open tags
constexpr std::size_t kMaxSettings = 128;
constexpr std::array<std::string_view, 8> kTags = {"b", "i", "u", "ruby", "rt", "v", "c", "lang"};
constexpr std::array<std::string_view, 6> kEntities = {"amp", "lt", "gt", "nbsp", "lrm", "rlm"};

bool letter(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0;
}
bool blank(char c) {
  return c == ' ' || c == '\n';
}
bool digit(char c) {
  return c >= '0' && c <= '9';
}

// Length of an entity at the start of `text`, or 0.
std::size_t entity_length(std::string_view text) {
  std::size_t end = text.substr(0, 12).find(';');
  if (end == std::string_view::npos || end < 2) return 0;
  std::string_view name = text.substr(1, end - 1);
  bool named = std::find(kEntities.begin(), kEntities.end(), name) != kEntities.end();
  bool numbered =
      name.size() >= 2 && name.size() <= 8 && name[0] == '#' && std::all_of(name.begin() + 1, name.end(), digit);
  return named || numbered ? end + 1 : 0;
}

class Cleaner {
 public:
  std::string run(std::string_view raw) {
    std::string printable = without_controls(raw);
    std::string_view text = printable;
    while (!text.empty()) {
      std::size_t used = 1;
      if (text[0] == '<')
        used = tag(text);
      else if (text[0] == '{' && text.size() > 1 && text[1] == '\\')
        used = override_block(text);
      else if (text[0] == '&')
        used = ampersand(text);
      else if (text[0] == '>')
        out_ += "&gt;";
      else
        plain(text[0]);
      text.remove_prefix(used);
    }
    while (!open_.empty()) close_top();
    return without_blank_lines(out_);
  }

 private:
  static std::string without_controls(std::string_view text) {
    std::string out;
    for (char c : text) {
      if (c == '\t') c = ' ';
      if ((static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) || c == '\n') out += c;
    }
    return out;
  }

  // What stood between a brace and a backslash is gone now, or the block had no end: they must not make another.
  void plain(char c) {
    while (c == '\\' && out_.ends_with('{')) out_.pop_back();
    out_ += c;
  }

  std::size_t ampersand(std::string_view text) {
    std::size_t n = entity_length(text);
    out_ += n ? text.substr(0, n) : "&amp;";
    return n ? n : 1;
  }

  // SRT borrows ASS positions such as {\an8}.
  static std::size_t override_block(std::string_view text) {
    std::size_t end = text.substr(0, kMaxTag).find('}');
    return end == std::string_view::npos ? 1 : end + 1;
  }

  std::size_t tag(std::string_view text) {
    std::size_t end = text.substr(0, kMaxTag).find('>');
    bool like_a_tag = text.size() > 1 && (letter(text[1]) || text[1] == '/' || digit(text[1]));
    if (end == std::string_view::npos || !like_a_tag || text.substr(1, end - 1).find('<') != std::string_view::npos) {
      out_ += "&lt;";
      return 1;
    }
    std::string_view body = text.substr(1, end - 1);
    if (body[0] == '/')
      close(name_of(body.substr(1)));
    else
      open(body);
    return end + 1;
  }

  static std::string name_of(std::string_view body) {
    std::string name;
    for (char c : body) {
      if (!letter(c)) break;
      name += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    return name;
  }

  void open(std::string_view body) {
    std::string name = name_of(body);
    body.remove_prefix(name.size());
    bool known = std::find(kTags.begin(), kTags.end(), name) != kTags.end();
    if (!known || open_.size() >= kMaxDepth || (!body.empty() && body[0] != '.' && !blank(body[0]))) return;
    out_ += '<' + name;
    std::size_t space = std::min(body.find_first_of(" \n"), body.size());
    std::string classes;
    for (char c : body.substr(0, space))
      if (letter(c) || digit(c) || c == '.' || c == '-' || c == '_') classes += c;
    out_ += classes;
    if (name == "v" || name == "lang") annotation(body.substr(space));
    out_ += '>';
    open_.push_back(std::move(name));
  }

  void annotation(std::string_view text) {
    std::string clean;
    for (std::size_t i = 0; i < text.size();) {
      std::size_t n = text[i] == '&' ? entity_length(text.substr(i)) : 0;
      if (n)
        clean += text.substr(i, n);
      else if (text[i] == '&')
        clean += "&amp;";
      else if (blank(text[i]))
        clean += clean.empty() || clean.back() == ' ' ? "" : " ";
      else
        clean += text[i];
      i += n ? n : 1;
    }
    while (clean.ends_with(' ')) clean.pop_back();
    // An escape must not lengthen a tag beyond what the next reading accepts.
    if (!clean.empty() && clean.size() < kMaxTag / 2) out_ += ' ' + clean;
  }

  void close(const std::string& name) {
    if (std::find(open_.begin(), open_.end(), name) == open_.end()) return;
    while (open_.back() != name) close_top();
    close_top();
  }

  void close_top() {
    out_ += "</" + open_.back() + ">";
    open_.pop_back();
  }

  static std::string without_blank_lines(std::string_view text) {
    std::string out;
    while (!text.empty()) {
      std::size_t end = std::min(text.find('\n'), text.size());
      std::string_view line = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      while (line.starts_with(' ')) line.remove_prefix(1);
      while (line.ends_with(' ')) line.remove_suffix(1);
      if (line.empty()) continue;
      if (!out.empty()) out += '\n';
      out += line;
    }
    return out;
  }

  std::string out_;
  std::vector<std::string> open_;
};

/// Whether what follows a block of overrides is a drawing: the last \p with a number decides ("\pos", "\pbo2" are
/// others).
bool draws_after(std::string_view overrides, bool drawing) {
  for (std::size_t at = overrides.find('\\'); at != std::string_view::npos; at = overrides.find('\\', at + 1)) {
    std::size_t i = at + 1;
    while (i < overrides.size() && overrides[i] == ' ') ++i;
    if (i >= overrides.size() || overrides[i] != 'p') continue;
    ++i;
    while (i < overrides.size() && overrides[i] == ' ') ++i;
    if (i >= overrides.size() || !digit(overrides[i])) continue;
    drawing = false;
    for (; i < overrides.size() && digit(overrides[i]); ++i) drawing |= overrides[i] != '0';
  }
  return drawing;
}

}  // namespace

std::string clean_cue_text(std::string_view text) {
  return Cleaner().run(text);
}

std::string clean_ass_text(std::string_view text) {
  std::string plain;
  bool drawing = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '{') {
      std::size_t end = text.find('}', i);
      if (end == std::string_view::npos) break;
      drawing = draws_after(text.substr(i + 1, end - i - 1), drawing);
      i = end;
    } else if (drawing) {
      continue;
    } else if (text[i] == '\\' && i + 1 < text.size() &&
               (text[i + 1] == 'N' || text[i + 1] == 'n' || text[i + 1] == 'h')) {
      plain += text[i + 1] == 'h' ? ' ' : '\n';
      ++i;
    } else if (text[i] == '<') {
      plain += "&lt;";
    } else {
      plain += text[i];
    }
  }
  return clean_cue_text(plain);
}

std::string clean_cue_settings(std::string_view settings) {
  constexpr std::array<std::string_view, 5> known = {"vertical", "line", "position", "size", "align"};
  std::array<bool, known.size()> seen = {};
  std::string out;
  settings = settings.substr(0, kMaxSettings);
  while (!settings.empty()) {
    std::size_t end = std::min(settings.find_first_of(" \t"), settings.size());
    std::string_view item = settings.substr(0, end);
    settings.remove_prefix(std::min(end + 1, settings.size()));
    std::size_t colon = item.find(':');
    if (colon == std::string_view::npos || colon + 1 == item.size()) continue;
    auto at = std::find(known.begin(), known.end(), item.substr(0, colon));
    std::string_view value = item.substr(colon + 1);
    bool plain = std::all_of(value.begin(), value.end(), [](char c) {
      return letter(c) || digit(c) || c == '.' || c == ',' || c == '%' || c == '-';
    });
    if (at == known.end() || !plain || seen[static_cast<std::size_t>(at - known.begin())]) continue;
    seen[static_cast<std::size_t>(at - known.begin())] = true;
    if (!out.empty()) out += ' ';
    out += item;
  }
  return out;
}

std::string plain_cue_text(std::string_view clean) {
  std::string out;
  for (std::size_t i = 0; i < clean.size(); ++i) {
    if (clean[i] == '<') {
      i = std::min(clean.find('>', i), clean.size());
      continue;
    }
    std::size_t n = clean[i] == '&' ? entity_length(clean.substr(i)) : 0;
    if (n == 0) {
      out += clean[i];
      continue;
    }
    std::string_view name = clean.substr(i + 1, n - 2);
    if (name == "amp")
      out += '&';
    else if (name == "lt")
      out += '<';
    else if (name == "gt")
      out += '>';
    else if (name == "nbsp")
      out += "\u00A0";
    else if (name == "lrm")
      out += "\u200E";
    else if (name == "rlm")
      out += "\u200F";
    else
      out += clean.substr(i, n);
    i += n - 1;
  }
  return out;
}

}  // namespace swarma::content::media
