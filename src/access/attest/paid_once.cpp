#include "access/attest/paid_once.h"

#include <nlohmann/json.hpp>

namespace swarma::access::attest {

Result<std::vector<Json>> earlier_states(db::Database& database, const ActionContext& context) {
  SWARMA_TRY(const db::Rows rows,
             database.query("SELECT requirement, params, state FROM actions WHERE viewer = $1 AND title_id = $2 AND "
                            "completed_at IS NULL AND expires_at > $3 ORDER BY expires_at",
                            {context.viewer, context.title.text(), context.now.unix_s()}));
  std::vector<Json> states;
  for (const db::Row& row : rows) {
    const auto requirement = policy::find_requirement(row.text(0));
    if (!requirement || policy::leaf_key(*requirement, row.text(1)) != context.leaf.key) continue;
    SWARMA_TRY(states.emplace_back(), parse_json(row.text(2)));
  }
  return states;
}

Result<void> use_payment(db::Session& session, const std::string& chain, const std::string& payment,
                         std::int64_t log_index) {
  SWARMA_TRY(const std::int64_t first,
             session.execute("INSERT INTO used_payments (chain, payment, log_index) VALUES ($1, $2, $3) "
                             "ON CONFLICT (chain, payment, log_index) DO NOTHING",
                             {chain, payment, log_index}));
  if (first == 1) return {};
  return fail(ErrorCode::Forbidden, "payment_used", "This payment has opened something already. Pay again.");
}

}  // namespace swarma::access::attest
