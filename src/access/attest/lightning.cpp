// crypto_payment by lightning: the node makes an invoice for this action, by the REST face of LND or of Core Lightning
// (clnrest), and the viewer pays it with a wallet of his own. The fee of the route is the viewer's.
//
// Challenge {"method","invoice","amount_msat","payee","uri","expires_at"} → response {"preimage"}, the receipt that the
// wallet shows, or {}: then the node looks the invoice up. An invoice belongs to one action, so a payment opens for
// one viewer and once.
//
// A payment that is under way is not_yet; a node that does not answer is Unavailable, and the action can be completed
// later: it lives a day, longer than the invoice, which is short so that nobody pays yesterday's price.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "access/attest/paid_once.h"
#include "access/attest/payment_options.h"
#include "access/attest/verifier.h"
#include "base/file.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "crypto/lightning_invoice.h"
#include "net/outbound.h"

namespace swarma::access::attest {
namespace {

constexpr std::chrono::minutes kInvoiceLife{10};
constexpr std::size_t kMaxEarlier = 4;  // earlier invoices of a viewer that still count
constexpr std::size_t kMaxSecretBytes = 4'096;

std::unexpected<Error> unreachable() {
  return fail(
      ErrorCode::Unavailable, "lightning_unreachable",
      "The Lightning node does not answer, so it is not known yet whether the invoice is paid. Nothing is lost: "
      "send the same answer again later.",
      std::chrono::seconds(30));
}

std::unexpected<Error> invoice_bad(const char* why) {
  return fail(ErrorCode::Unavailable, "lightning_invoice_bad",
              std::string("The Lightning node made an invoice that does not fit this title: ") + why +
                  " Whoever runs this node has to set that right.");
}

/// The price in thousandths of a satoshi, and whose node must be paid, if the creator wrote that down.
struct Price {
  std::uint64_t amount_msat = 0;
  std::string payee;
};

Result<Price> read_price(const policy::Leaf& leaf) {
  SWARMA_TRY(const Json params, parse_json(leaf.params));
  const JsonReader reader(params, "payment requirement");
  SWARMA_TRY(const std::string amount, reader.text("amount", 78));
  SWARMA_TRY(const std::string unit, reader.text_or("unit", 32, "sat"));
  const auto number = parse_number<std::uint64_t>(amount);
  constexpr std::uint64_t kMost = 21'000'000ULL * 100'000'000;
  if ((unit != "sat" && unit != "msat") || !number || *number > kMost)
    return fail(ErrorCode::Unsupported, "bad_price", "Lightning is paid in \"sat\" or \"msat\".");
  Price price{.amount_msat = unit == "sat" ? *number * 1'000 : *number, .payee = {}};
  SWARMA_TRY(price.payee, reader.text_or("address", 200, ""));
  return price;
}

/// What was asked of the node in words of both programs.
enum class InvoiceState { Open, Paid, Gone };

/// Which requests to send and how to read the answers.
class Daemon {
 public:
  virtual ~Daemon() = default;
  virtual Result<net::OutboundRequest> make_invoice(const std::string& label, const std::string& text,
                                                    std::uint64_t amount_msat) const = 0;
  virtual Result<net::OutboundRequest> look_up(const std::string& payment_hash) const = 0;
  virtual const char* invoice_member() const = 0;
  virtual Result<InvoiceState> read_state(const Json& answer) const = 0;
};

/// A secret of the operator's, read for each use, so that a new one takes effect.
Result<Bytes> read_secret(const std::string& path) {
  auto bytes = read_file(path, kMaxSecretBytes);
  if (bytes) return bytes;
  return fail(ErrorCode::Unavailable, "lightning_not_set_up",
              "This node cannot read its key to the Lightning node. Whoever runs it has to set that right.");
}

class Lnd final : public Daemon {
 public:
  explicit Lnd(const LightningOptions& options) : url_(options.lnd_url), macaroon_(options.lnd_macaroon_file) {}

  Result<net::OutboundRequest> make_invoice(const std::string&, const std::string& text,
                                            std::uint64_t amount_msat) const override {
    return request("POST", "/v1/invoices",
                   {{"value_msat", std::to_string(amount_msat)},
                    {"memo", text},
                    {"expiry", std::to_string(std::chrono::seconds(kInvoiceLife).count())}});
  }
  Result<net::OutboundRequest> look_up(const std::string& payment_hash) const override {
    return request("GET", "/v1/invoice/" + payment_hash, Json());
  }
  const char* invoice_member() const override { return "payment_request"; }
  Result<InvoiceState> read_state(const Json& answer) const override {
    if (answer.contains("code")) return InvoiceState::Gone;  // 404: it was cleared away
    SWARMA_TRY(const std::string state, JsonReader(answer, "LND's answer").text("state", 32));
    if (state == "SETTLED") return InvoiceState::Paid;
    return state == "CANCELED" ? InvoiceState::Gone : InvoiceState::Open;  // OPEN, ACCEPTED
  }

 private:
  Result<net::OutboundRequest> request(const char* method, const std::string& path, const Json& body) const {
    SWARMA_TRY(const Bytes macaroon, read_secret(macaroon_));
    net::OutboundRequest out{.method = method, .url = url_ + path, .body = body.is_null() ? "" : body.dump()};
    out.headers.add("Grpc-Metadata-macaroon", to_hex(macaroon));
    if (!body.is_null()) out.headers.add("Content-Type", "application/json");
    return out;
  }

  std::string url_, macaroon_;
};

class CoreLightning final : public Daemon {
 public:
  explicit CoreLightning(const LightningOptions& options) : url_(options.cln_url), rune_(options.cln_rune_file) {}

  Result<net::OutboundRequest> make_invoice(const std::string& label, const std::string& text,
                                            std::uint64_t amount_msat) const override {
    return request("/v1/invoice", {{"amount_msat", amount_msat},
                                   {"label", label},
                                   {"description", text},
                                   {"expiry", std::chrono::seconds(kInvoiceLife).count()}});
  }
  Result<net::OutboundRequest> look_up(const std::string& payment_hash) const override {
    return request("/v1/listinvoices", {{"payment_hash", payment_hash}});
  }
  const char* invoice_member() const override { return "bolt11"; }
  Result<InvoiceState> read_state(const Json& answer) const override {
    SWARMA_TRY(const Json* invoices, JsonReader(answer, "answer of Core Lightning").array("invoices", 2));
    if (invoices->empty()) return InvoiceState::Gone;
    SWARMA_TRY(const std::string state, JsonReader(invoices->front(), "invoice").text("status", 32));
    if (state == "paid") return InvoiceState::Paid;
    return state == "expired" ? InvoiceState::Gone : InvoiceState::Open;
  }

 private:
  Result<net::OutboundRequest> request(const std::string& path, const Json& body) const {
    SWARMA_TRY(const Bytes file, read_secret(rune_));
    std::string rune(as_text(file));
    while (!rune.empty() && static_cast<unsigned char>(rune.back()) <= ' ') rune.pop_back();
    net::OutboundRequest out{.method = "POST", .url = url_ + path, .body = body.dump()};
    out.headers.add("Rune", rune);
    out.headers.add("Content-Type", "application/json");
    return out;
  }

  std::string url_, rune_;
};

class LightningVerifier final : public Verifier {
 public:
  explicit LightningVerifier(const VerifierNeeds& needs) : database_(needs.database), run_(needs.run) {
    const LightningOptions& options = needs.payment.lightning;
    outbound_ = std::make_unique<net::Outbound>(net::OutboundOptions{.ca_file = options.lightning_certificate});
    if (!options.lnd_url.empty())
      daemon_ = std::make_unique<Lnd>(options);
    else
      daemon_ = std::make_unique<CoreLightning>(options);
  }

  policy::Requirement requirement() const override { return policy::Requirement::CryptoPayment; }
  std::string variant() const override { return "lightning"; }
  bool is_for(const policy::Leaf& leaf) const override {
    const auto params = parse_json(leaf.params);
    return params && params->value("method", "") == "lightning" && read_price(leaf);
  }
  double trust() const override { return 1; }
  std::string calibration() const override {
    return "The invoice was made for this viewer and this title, and it is paid: the preimage is known or the "
           "Lightning "
           "node says so.";
  }

  void start(const ActionContext& context, Done<Challenge> done) override {
    const auto price = read_price(context.leaf);
    if (!price) return done(std::unexpected(price.error()));
    send(daemon_->make_invoice(context.action_id, "Film " + context.title.text(), price->amount_msat),
         [this, context, price = *price, done = std::move(done)](Result<Json> answer) mutable {
           done(challenge(context, price, std::move(answer)));
         });
  }

  void stop() override { outbound_.reset(); }

  void check(const ActionContext&, const Json& state, const Json& response, Done<Evidence> done) override {
    const JsonReader reader(response, "response");
    if (auto only = reader.only({"preimage"}); !only) return done(std::unexpected(std::move(only).error()));
    auto hashes = read_hashes(state);
    if (!hashes) return done(std::unexpected(std::move(hashes).error()));
    if (reader.has("preimage")) return done(check_preimage(reader, *hashes));
    look_up(*std::move(hashes), 0, false, std::move(done));
  }

 private:
  /// Sends, and gives the answer's JSON on a thread that may wait. What went wrong is not told to strangers.
  void send(Result<net::OutboundRequest> request, Done<Json> done) {
    if (!request) return done(std::unexpected(std::move(request).error()));
    const net::SendOptions options{.reach = net::Reach::Anywhere, .timeout = std::chrono::seconds(15)};
    outbound_->send(*std::move(request), options,
                    [run = run_, done = std::move(done)](Result<net::OutboundResponse> response) mutable {
                      run([done = std::move(done), response = std::move(response)]() mutable {
                        if (!response || (response->status / 100 != 2 && response->status != 404))
                          return done(unreachable());
                        auto json = parse_json(response->body);
                        if (!json || !json->is_object()) return done(unreachable());
                        done(std::move(json));
                      });
                    });
  }

  Result<Challenge> challenge(const ActionContext& context, const Price& price, Result<Json> answer) const {
    SWARMA_RETURN_IF_ERROR(answer);
    const auto text = JsonReader(*answer, "invoice").text(daemon_->invoice_member(), crypto::kMaxInvoiceLength);
    const auto invoice = text ? crypto::parse_lightning_invoice(*text) : std::unexpected(text.error());
    if (!invoice) return invoice_bad("it cannot be read.");
    if (invoice->amount_msat != price.amount_msat) return invoice_bad("its amount is another.");
    if (!price.payee.empty() && invoice->payee != price.payee) return invoice_bad("it would pay somebody else.");
    SWARMA_TRY(std::string json, canonical_json({{"method", "lightning"},
                                                 {"invoice", *text},
                                                 {"amount_msat", price.amount_msat},
                                                 {"payee", invoice->payee},
                                                 {"uri", "lightning:" + *text},
                                                 {"expires_at", Expiry(context.now, kInvoiceLife).unix_s()}}));
    SWARMA_TRY(const Json hashes, all_hashes(context, to_hex(invoice->payment_hash)));
    SWARMA_TRY(std::string state, canonical_json({{"payment_hashes", hashes}}));
    return Challenge{.challenge = std::move(json), .state = std::move(state), .life = kPaymentLife};
  }

  /// Of this invoice, and of those that this viewer was given before and may have paid.
  Result<Json> all_hashes(const ActionContext& context, const std::string& hash) const {
    Json hashes = Json::array({hash});
    SWARMA_TRY(const auto earlier, earlier_states(database_, context));
    for (auto state = earlier.rbegin(); state != earlier.rend() && hashes.size() <= kMaxEarlier; ++state) {
      SWARMA_TRY(const auto theirs, read_hashes(*state));
      hashes.push_back(theirs.front());
    }
    return hashes;
  }

  static Result<std::vector<std::string>> read_hashes(const Json& state) {
    SWARMA_TRY(const Json* list, JsonReader(state, "action's state").array("payment_hashes", kMaxEarlier + 1));
    return list->get<std::vector<std::string>>();
  }

  static Result<Evidence> paid(const std::string& hash) {
    SWARMA_TRY(std::string evidence, canonical_json({{"payment_hash", hash}}));
    return Evidence{.evidence = std::move(evidence),
                    .trust = 1,
                    .claim = [hash](db::Session& session) { return use_payment(session, "lightning", hash, 0); },
                    .life = kPaidAttestationLife};
  }

  static Result<Evidence> check_preimage(const JsonReader& reader, const std::vector<std::string>& hashes) {
    SWARMA_TRY(const std::string text, reader.text("preimage", 64));
    const auto preimage = parse_hex(text);
    const std::string hash = preimage && preimage->size() == 32 ? to_hex(crypto::sha256(*preimage)) : "";
    if (std::ranges::find(hashes, hash) == hashes.end())
      return fail(
          ErrorCode::Forbidden, "wrong_preimage",
          "This is not the preimage of the invoice. Your wallet shows it with the payment: 64 hexadecimal digits.");
    return paid(hash);
  }

  /// Asks about one invoice after the other, the newest first, until one is paid.
  void look_up(std::vector<std::string> hashes, std::size_t index, bool newest_gone, Done<Evidence> done) {
    auto request = daemon_->look_up(hashes.at(index));
    send(std::move(request),
         [this, hashes = std::move(hashes), index, newest_gone, done = std::move(done)](Result<Json> answer) mutable {
           if (!answer) return done(std::unexpected(std::move(answer).error()));
           const auto state = daemon_->read_state(*answer);
           if (!state) return done(unreachable());
           if (*state == InvoiceState::Paid) return done(paid(hashes.at(index)));
           if (index == 0) newest_gone = *state == InvoiceState::Gone;
           if (index + 1 < hashes.size()) return look_up(std::move(hashes), index + 1, newest_gone, std::move(done));
           done(newest_gone ? gone() : waiting());
         });
  }

  static std::unexpected<Error> gone() {
    return fail(
        ErrorCode::Forbidden, "invoice_expired",
        "This invoice ran out unpaid: start again and pay the new one. If your wallet says that a payment is under "
        "way, wait until it says how that ended.");
  }
  static std::unexpected<Error> waiting() {
    return fail(ErrorCode::Conflict, "not_yet",
                "The invoice is not paid yet. If your wallet says that the payment is under way, wait and do not pay "
                "twice.",
                std::chrono::seconds(3));
  }

  db::Database& database_;
  std::function<void(std::move_only_function<void()>)> run_;
  std::unique_ptr<Daemon> daemon_;
  std::unique_ptr<net::Outbound> outbound_;  // with the certificate of the Lightning node
};

}  // namespace

std::unique_ptr<Verifier> make_lightning_verifier(const VerifierNeeds& needs) {
  const LightningOptions& options = needs.payment.lightning;
  if (options.lnd_url.empty() && options.cln_url.empty()) return nullptr;
  return std::make_unique<LightningVerifier>(needs);
}

}  // namespace swarma::access::attest
