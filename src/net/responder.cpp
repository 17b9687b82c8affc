#include "net/responder.h"

#include <utility>

namespace swarma::net {

Responder::~Responder() {
  if (pending_) answer(fail(ErrorCode::Unavailable, "not_answered", "The node did not come to an answer; try again."));
}

void Responder::answer(Result<Response> answer) {
  if (const auto pending = std::exchange(pending_, nullptr)) pending->deliver(std::move(answer));
}

}  // namespace swarma::net
