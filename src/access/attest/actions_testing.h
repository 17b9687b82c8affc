// For tests: actions asked and waited for.
#pragma once

#include <future>

#include "access/attest/actions.h"

namespace swarma::access::attest::testing {

/// What `call` gives to its Done; Unavailable "timed_out" if that takes longer than a minute.
template <class T>
Result<T> wait_for(auto&& call) {
  const auto promise = std::make_shared<std::promise<Result<T>>>();
  auto future = promise->get_future();
  call(Done<T>([promise](Result<T> result) { promise->set_value(std::move(result)); }));
  if (future.wait_for(std::chrono::minutes(1)) != std::future_status::ready)
    return fail(ErrorCode::Unavailable, "timed_out", "There was no answer.");
  return future.get();
}

inline Result<StartedAction> start(Actions& actions, const StartAction& request) {
  return wait_for<StartedAction>([&](auto done) { actions.start(request, std::move(done)); });
}
inline Result<Json> note(Actions& actions, std::string_view id, const Answerer& by, const Json& message) {
  return wait_for<Json>([&](auto done) { actions.note(id, by, message, std::move(done)); });
}
inline Result<Json> note_return(Actions& actions, std::string_view key, const Json& message) {
  return wait_for<Json>([&](auto done) { actions.note_return(key, {}, message, std::move(done)); });
}
inline Result<IssuedAttestation> complete(Actions& actions, std::string_view id, const Answerer& by,
                                          const Json& response) {
  return wait_for<IssuedAttestation>([&](auto done) { actions.complete(id, by, response, std::move(done)); });
}

}  // namespace swarma::access::attest::testing
