// Inside access/policy: pieces that the parser's files share.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "access/policy/policy.h"

namespace swarma::access::policy {

/// 1 to 32 of a-z, 0-9, "_", "-".
bool is_slug(std::string_view text);
/// "In the policy at /paths/0, …."
std::unexpected<Error> bad_policy(const std::string& at, std::string expectation);
/// The parameters a requirement must have, no more and no less.
Result<void> check_params(Requirement requirement, const Json& params, const std::string& at);

/// Parts that an offer has in common with a policy. `at` is the place, for the sentence.
Result<Expression> parse_expression(const Json& json, const std::string& at, std::vector<Leaf>& leaves,
                                    std::initializer_list<std::string_view> further_leaf_members = {});
Result<Score> parse_score(const Json& json, const std::string& at);
Json expression_json(const Expression& expression, const std::function<Json(std::size_t leaf)>& leaf_json);

}  // namespace swarma::access::policy
