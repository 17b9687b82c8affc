#include "net/route.h"

namespace swarma::net {

int own_refusal_status(const Error& error) {
  static constexpr std::pair<std::string_view, int> kStatuses[] = {
      {"bad_request", 400},        {"bad_path", 400},
      {"bad_host", 400},           {"bad_query", 400},
      {"no_such_address", 404},    {"method_not_allowed", 405},
      {"request_timeout", 408},    {"precondition_failed", 412},
      {"body_too_large", 413},     {"range_not_satisfiable", 416},
      {"upgrade_required", 426},   {"header_too_large", 431},
      {"unsupported_coding", 501}, {"method_not_implemented", 501},
  };
  for (const auto& [reason, status] : kStatuses)
    if (error.reason == reason) return status;
  return 0;
}

}  // namespace swarma::net
