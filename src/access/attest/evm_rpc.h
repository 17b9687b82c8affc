// Asks the nodes of EVM chains that the operator named (--evm-rpc), by JSON-RPC. Where several are named for one chain,
// all are asked, and they have to agree: a node that lies would otherwise be the verifier. Safe for concurrent use.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "access/attest/verifier.h"
#include "base/options.h"
#include "net/outbound.h"

namespace swarma::access::attest::evm {

struct Call {
  std::string method;
  std::string params;  // a JSON array
};
/// What one node says to one call: a result, or that the call failed there (a contract reverts).
using Answer = Result<Json>;
using Answers = std::vector<Answer>;  // in the order of the calls

class Rpc {
 public:
  /// Of needs.payment.evm_rpc. Answers are given on threads of needs.run.
  explicit Rpc(const VerifierNeeds& needs);

  bool knows(std::uint64_t chain_id) const { return nodes_.contains(chain_id); }

  /// The answers of every node of the chain. Unsupported "chain_unknown"; Unavailable "chain_unreachable", also when
  /// only one of several gives no answer, "chain_answer_bad", and "chain_mismatch" when a node serves another chain.
  void ask(std::uint64_t chain_id, std::vector<Call> calls, Done<std::vector<Answers>> done) const;

 private:
  net::Outbound& outbound_;
  std::function<void(std::move_only_function<void()>)> run_;
  std::map<std::uint64_t, std::vector<std::string>> nodes_;
};

}  // namespace swarma::access::attest::evm
