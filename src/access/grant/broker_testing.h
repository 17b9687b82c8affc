// For tests and benchmarks: the answers of a broker whose agent answers at once.
#pragma once

#include <optional>
#include <vector>

#include "access/grant/broker.h"

namespace swarma::access::grant::testing {

inline std::vector<Result<Granted>> ask_together(Broker& broker, std::vector<KeyRequest> requests) {
  std::vector<std::optional<Result<Granted>>> answers(requests.size());
  std::vector<Broker::Asked> asked;
  for (std::size_t i = 0; i < requests.size(); ++i)
    asked.push_back({std::move(requests[i]), [&answer = answers[i]](Result<Granted> given) { answer = given; }});
  broker.request(std::move(asked));
  std::vector<Result<Granted>> out;
  for (auto& answer : answers) out.push_back(*std::move(answer));
  return out;
}

inline Result<Granted> ask_one(Broker& broker, KeyRequest request) {
  return std::move(ask_together(broker, {std::move(request)}).front());
}

/// Broker::Needs::run for where nobody has to wait.
inline const Broker::Run run_here = [](std::move_only_function<void()> work) { work(); };

}  // namespace swarma::access::grant::testing
