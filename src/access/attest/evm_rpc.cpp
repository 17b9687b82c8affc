#include "access/attest/evm_rpc.h"

#include <mutex>
#include <nlohmann/json.hpp>

#include "access/attest/evm.h"
#include "access/attest/payment_options.h"

namespace swarma::access::attest::evm {
namespace {

net::SendOptions send_options() {
  return {.reach = net::Reach::Anywhere,
          .timeout = std::chrono::seconds(15),
          .max_response_bytes = 4 << 20};  // a receipt with thousands of logs
}

std::unexpected<Error> unreachable() {
  return fail(
      ErrorCode::Unavailable, "chain_unreachable",
      "The node of the chain does not answer, so it is not known yet what was paid. Nothing is lost and nothing was "
      "used up: send the same answer again later.",
      std::chrono::seconds(30));
}

std::unexpected<Error> answer_bad() {
  return fail(ErrorCode::Unavailable, "chain_answer_bad",
              "The node of the chain gave an answer that cannot be read. The payment is not lost: try again later.",
              std::chrono::seconds(30));
}

/// One batch; the first call, which is ours, asks for the chain.
std::string batch_of(const std::vector<Call>& calls) {
  std::string text = R"([{"jsonrpc":"2.0","id":0,"method":"eth_chainId","params":[]})";
  for (std::size_t i = 0; i < calls.size(); ++i)
    text += R"(,{"jsonrpc":"2.0","id":)" + std::to_string(i + 1) + R"(,"method":")" + calls[i].method +
            R"(","params":)" + calls[i].params + "}";
  return text + "]";
}

/// One member of the answer to a batch.
Answer read_answer(const Json& item) {
  if (item.contains("result")) return item.at("result");
  const Json& error = item.contains("error") ? item.at("error") : Json();
  if (!error.is_object() || !error.contains("code") || !error.at("code").is_number_integer()) return answer_bad();
  // 3 and -32000 with these words: the contract refused, which is an answer. Anything else is the node's own trouble.
  std::string message;
  if (error.contains("message") && error.at("message").is_string()) message = error.at("message").get<std::string>();
  if (error.at("code") == 3 || message.find("revert") != std::string::npos)
    return fail(ErrorCode::Forbidden, "call_reverted", "The contract refused the call.");
  return unreachable();
}

Result<Answers> read_batch(const net::OutboundResponse& response, std::uint64_t chain_id, std::size_t calls) {
  if (response.status != 200) return unreachable();
  const auto json = parse_json(response.body);
  if (!json || !json->is_array() || json->size() != calls + 1) return answer_bad();
  std::vector<std::optional<Answer>> by_id(calls + 1);
  for (const Json& item : *json) {
    if (!item.is_object() || !item.contains("id") || !item.at("id").is_number_unsigned()) return answer_bad();
    const auto id = item.at("id").get<std::size_t>();
    if (id > calls || by_id[id]) return answer_bad();
    by_id[id] = read_answer(item);
  }
  if (!*by_id[0]) return unreachable();
  SWARMA_TRY(const std::uint64_t chain, read_number(**by_id[0]));
  if (chain != chain_id)
    return fail(ErrorCode::Unavailable, "chain_mismatch",
                "The node that was to speak for chain " + std::to_string(chain_id) +
                    " serves another chain. Whoever runs this node has to set that right.");
  Answers answers;
  for (std::size_t i = 1; i < by_id.size(); ++i) answers.push_back(*std::move(by_id[i]));
  return answers;
}

/// What the nodes of a chain have said so far.
class Gathering {
 public:
  Gathering(std::size_t nodes, Done<std::vector<Answers>> done) : missing_(nodes), done_(std::move(done)) {}

  void take(Result<Answers> said) {
    {
      const std::scoped_lock lock(mutex_);
      if (said)
        answers_.push_back(*std::move(said));
      else if (!failure_)
        failure_ = std::move(said).error();
      if (--missing_ > 0) return;
    }
    if (failure_) return done_(std::unexpected(*std::move(failure_)));
    done_(std::move(answers_));
  }

 private:
  std::mutex mutex_;
  std::size_t missing_;
  std::vector<Answers> answers_;
  std::optional<Error> failure_;
  Done<std::vector<Answers>> done_;
};

}  // namespace

Rpc::Rpc(const VerifierNeeds& needs) : outbound_(*needs.outbound), run_(needs.run) {
  for (const std::string& entry : needs.payment.evm_rpc)
    if (const auto node = read_chain_node(entry)) nodes_[node->first].push_back(node->second);
}

void Rpc::ask(std::uint64_t chain_id, std::vector<Call> calls, Done<std::vector<Answers>> done) const {
  const auto nodes = nodes_.find(chain_id);
  if (nodes == nodes_.end())
    return done(fail(ErrorCode::Unsupported, "chain_unknown",
                     "This node knows nobody to ask about chain " + std::to_string(chain_id) + "."));
  const auto gathering = std::make_shared<Gathering>(nodes->second.size(), std::move(done));
  for (const std::string& url : nodes->second) {
    net::OutboundRequest request{.method = "POST", .url = url, .body = batch_of(calls)};
    request.headers.add("Content-Type", "application/json");
    outbound_.send(std::move(request), send_options(),
                   [gathering, chain_id, count = calls.size(), run = run_](Result<net::OutboundResponse> response) {
                     run([gathering, chain_id, count, response = std::move(response)] {
                       gathering->take(response ? read_batch(*response, chain_id, count) : unreachable());
                     });
                   });
  }
}

}  // namespace swarma::access::attest::evm
