// Terms in slots of one title, and paths in words.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "access/policy/parser.h"
#include "access/policy/policy.h"

namespace swarma::access::policy {
namespace {

/// seconds · slots / duration in whole slots. At most 10^7 s · 1000 · 2^20 fits.
std::int64_t to_slots(std::int64_t seconds, const TitleShape& shape, bool round_up) {
  const std::int64_t duration = std::max<std::int64_t>(shape.duration_ms, 1);
  const std::int64_t scaled = seconds * 1'000 * shape.slots;
  return (scaled + (round_up ? duration - 1 : 0)) / duration;
}

Slot clip(std::int64_t slot, const TitleShape& shape) {
  return static_cast<Slot>(std::clamp<std::int64_t>(slot, 0, shape.slots));
}

bool has_group(const TitleShape& shape, const std::string& group) {
  return std::find(shape.key_groups.begin(), shape.key_groups.end(), group) != shape.key_groups.end();
}

/// 3725 s → "1:02:05"
std::string clock_text(std::int64_t seconds) {
  const auto two = [](std::int64_t n) { return (n < 10 ? "0" : "") + std::to_string(n); };
  const std::int64_t minutes = seconds / 60;
  return (minutes >= 60 ? std::to_string(minutes / 60) + ":" + two(minutes % 60) : std::to_string(minutes)) + ":" +
         two(seconds % 60);
}

std::string lower_first(std::string text) {
  if (!text.empty() && text.front() >= 'A' && text.front() <= 'Z') text.front() = static_cast<char>(text.front() + 32);
  if (!text.empty() && text.back() == '.') text.pop_back();
  return text;
}

std::string words(const Expression& expression, const Path& path, bool inner) {
  if (expression.kind == Expression::Kind::Leaf) {
    const Leaf& leaf = path.leaves[expression.leaf];
    std::string text = lower_first(describe_leaf(leaf));
    if (leaf.min_trust > 0) text += " (trusted at least " + Json(leaf.min_trust).dump() + ")";
    return text;
  }
  const bool all = expression.kind == Expression::Kind::AllOf;
  std::string text;
  for (std::size_t i = 0; i < expression.children.size(); ++i) {
    if (i > 0) text += all ? ", and " : ", or ";
    text += words(expression.children[i], path, true);
  }
  return inner && expression.children.size() > 1 ? "(" + text + ")" : text;
}

std::string opened(const Path& path, const TitleShape& shape) {
  if (path.grants.pass) {
    const PassTerms& pass = *path.grants.pass;
    return "gives a pass of the tier “" + pass.tier + "” for " + clock_text(pass.life.count()) +
           (pass.this_title_only ? ", for this title only" : ", for all titles of the creator");
  }
  const ResolvedTerms terms = resolve(path.grants, shape);
  if (terms.slots.empty()) return "opens nothing of this film";
  std::string text = "opens ";
  const auto at = [&](Slot slot) { return clock_text(shape.duration_ms * slot / shape.slots / 1'000); };
  if (terms.slots == SlotRange{0, shape.slots})
    text += "the whole film";
  else if (terms.slots.begin == 0)
    text += "the first " + at(terms.slots.end);
  else
    text += at(terms.slots.begin) + " to " + at(terms.slots.end);
  if (terms.key_groups.size() < shape.key_groups.size()) {
    text += " in ";
    for (std::size_t i = 0; i < terms.key_groups.size(); ++i) text += (i > 0 ? ", " : "") + terms.key_groups[i];
  }
  return text;
}

std::string limits(const GrantTerms& terms) {
  std::string text;
  const auto add = [&](const std::string& part) { text += "; " + part; };
  const auto countries = [](const std::vector<std::string>& list) {
    std::string out;
    for (const std::string& country : list) out += (out.empty() ? "" : ", ") + country;
    return out;
  };
  if (terms.max_plays > 0)
    add("at most " + std::to_string(terms.max_plays) + (terms.max_plays == 1 ? " time" : " times") + " per viewer");
  if (terms.cooldown.count() > 0) add("with " + clock_text(terms.cooldown.count()) + " between two times");
  if (!terms.geo.allow.empty()) add("only in " + countries(terms.geo.allow));
  if (!terms.geo.deny.empty()) add("not in " + countries(terms.geo.deny));
  if (terms.from) add("from Unix time " + std::to_string(terms.from->unix_s()));
  if (terms.until) add("until Unix time " + std::to_string(terms.until->unix_s()));
  return text;
}

}  // namespace

ResolvedTerms resolve(const GrantTerms& terms, const TitleShape& shape) {
  ResolvedTerms out;
  if (terms.pass) return out;
  out.slots = {0, shape.slots};
  if (terms.slots) out.slots = {clip(terms.slots->begin, shape), clip(terms.slots->end, shape)};
  if (terms.seconds)
    out.slots = {clip(to_slots(terms.seconds->first, shape, false), shape),
                 clip(to_slots(terms.seconds->second, shape, true), shape)};
  for (const std::string& group : shape.key_groups)
    if (terms.key_groups.empty() ||
        std::find(terms.key_groups.begin(), terms.key_groups.end(), group) != terms.key_groups.end())
      out.key_groups.push_back(group);
  out.window_slots =
      std::max<Slot>(1, terms.window_s == 0 ? shape.slots : clip(to_slots(terms.window_s, shape, false), shape));
  return out;
}

Result<void> check_fits(const Policy& policy, const TitleShape& shape) {
  const auto refuse = [](const Path& path, const std::string& why) {
    return fail(ErrorCode::BadRequest, "policy_does_not_fit", "The path \"" + path.id + "\" " + why);
  };
  for (const Path& path : policy.paths()) {
    if (path.grants.pass) continue;
    for (const std::string& group : path.grants.key_groups)
      if (!has_group(shape, group))
        return refuse(path, "names the key group \"" + group + "\", which this title does not have.");
    if (resolve(path.grants, shape).slots.empty())
      return refuse(path, "opens no part of the film: it begins after the film's end.");
  }
  return {};
}

std::vector<std::string> remarks(const Policy& policy, const TitleShape& shape) {
  const bool asks = std::ranges::any_of(policy.paths(), [](const Path& path) { return !path.open(); });
  std::vector<std::string> out;
  for (const Path& path : policy.paths()) {
    if (path.grants.pass && path.open())
      out.push_back("The way \"" + path.id + "\" gives everybody a pass of the tier \"" + path.grants.pass->tier +
                    "\" for nothing.");
    const bool is_part = path.grants.slots || path.grants.seconds;
    const ResolvedTerms terms = resolve(path.grants, shape);
    if (!asks || !path.open() || terms.slots != SlotRange{0, shape.slots}) continue;
    if (!is_part && terms.key_groups.size() < shape.key_groups.size()) continue;  // all of it in the small picture only
    const std::int64_t last_ms = shape.duration_ms * (shape.slots - 1) / shape.slots;
    out.push_back("The way \"" + path.id + "\" " + opened(path, shape) + " (" + clock_text(shape.duration_ms / 1'000) +
                  ") without any condition: nobody needs the other ways. " +
                  (last_ms >= 1'000 ? "End it at " + clock_text(last_ms / 1'000) + " or before, or leave it out."
                                    : "The film is too short for a part of it; leave this way out."));
  }
  return out;
}

std::string describe_path(const Path& path, const TitleShape& shape) {
  std::string text = path.requires_ ? words(*path.requires_, path, false) : "without any condition";
  if (path.score) text += ", reaching a score of " + Json(path.score->threshold).dump();
  text += ": " + opened(path, shape) + limits(path.grants) + ".";
  if (text.front() >= 'a' && text.front() <= 'z') text.front() = static_cast<char>(text.front() - 32);
  return text;
}

}  // namespace swarma::access::policy
