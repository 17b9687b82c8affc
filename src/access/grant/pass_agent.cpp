#include "access/grant/pass_agent.h"

#include "access/grant/prepared_titles.h"

namespace swarma::access::grant {

Result<std::string> LocalPassAgent::issue_pass(const PassOrder& order) const {
  SWARMA_TRY(const auto title, prepare_title({*order.record, {}}));
  if (title->record.id != order.title || !(title->record.creator == creator_.did()))
    return fail(ErrorCode::Forbidden, "other_agent", "This title is by another creator than the one who signs here.");
  const policy::Path* path = title->policy.find_path(order.path);
  if (path == nullptr || !path->grants.pass)
    return fail(ErrorCode::BadRequest, "path_gives_no_pass",
                "This way opens the film itself: ask keys/request for its keys.");
  policy::Facts facts = order.facts;
  facts.title = title->shape;
  if (!policy::evaluate_path(title->policy, *path, facts).met)
    return fail(ErrorCode::Forbidden, "policy_unmet", "The terms of this path are not met.");
  const policy::PassTerms& terms = *path->grants.pass;
  pass::Pass given{.id = order.pass_id,
                   .issuer = creator_.did(),
                   .subject = order.holder,
                   .tier = terms.tier,
                   .titles = {},
                   .valid_from = facts.now,
                   .valid_until = Expiry(facts.now, terms.life),
                   .status = order.status};
  if (terms.this_title_only) given.titles = {order.title};
  return pass::sign_pass(given, creator_);
}

}  // namespace swarma::access::grant
