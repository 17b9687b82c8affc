// allowlist_token {"pass": tier}: the viewer shows a pass of the title's creator. Challenge {"pass": tier, "nonce"} →
// response {"pass": "<vc+jwt>", "holder": "<swarma-holder+jwt>"}; without "holder" the pass must belong to the viewer's
// own key. Whether it was revoked is in the database where it was given here; a list of another node is fetched.
#include <nlohmann/json.hpp>

#include "access/attest/foreign_passes.h"
#include "access/attest/verifier.h"
#include "access/pass/holder.h"
#include "access/pass/pass_book.h"

namespace swarma::access::attest {
namespace {

class PassVerifier final : public Verifier {
 public:
  explicit PassVerifier(const VerifierNeeds& needs)
      : database_(needs.database), foreign_(needs.database, needs.outbound, needs.run) {}

  policy::Requirement requirement() const override { return policy::Requirement::AllowlistToken; }
  bool is_for(const policy::Leaf& leaf) const override { return tier_of(leaf).has_value(); }
  std::string variant() const override { return "pass"; }
  double trust() const override { return 1; }
  std::string calibration() const override {
    return "The creator signed the pass for a key, and the holder of that key lets this viewer use it.";
  }

  void start(const ActionContext& context, Done<Challenge> done) override {
    done(Challenge{Json{{"pass", tier_of(context.leaf).value()}, {"nonce", context.action_id}}.dump()});
  }

  void check(const ActionContext& context, const Json&, const Json& response, Done<Evidence> done) override {
    auto shown = read(context, response);
    if (!shown) return done(std::unexpected(std::move(shown).error()));
    const auto given = pass::find_pass(database_, shown->id, context.creator_jkt);
    if (!given) return done(std::unexpected(given.error()));
    if (*given && (*given)->revoked_at)
      return done(fail(ErrorCode::Forbidden, "pass_revoked", "This pass was revoked by its creator."));
    if (*given) return done(evidence(*shown, {}));
    foreign_.check(*shown, context.now, [pass = *shown, done = std::move(done)](Result<bool> valid) mutable {
      if (!valid) return done(std::unexpected(std::move(valid).error()));
      done(evidence(pass, [pass](db::Session& session) { return ForeignPasses::remember(session, pass); }));
    });
  }

 private:
  static std::optional<std::string> tier_of(const policy::Leaf& leaf) {
    const auto params = parse_json(leaf.params);
    if (!params || !params->contains("pass")) return std::nullopt;
    return params->at("pass").get<std::string>();
  }

  static Result<pass::Pass> read(const ActionContext& context, const Json& response) {
    const JsonReader reader(response, "response");
    SWARMA_RETURN_IF_ERROR(reader.only({"pass", "holder"}));
    SWARMA_TRY(const std::string jws, reader.text("pass", pass::kMaxPassBytes));
    std::string holder = context.viewer;
    if (reader.has("holder")) {
      SWARMA_TRY(const std::string proof, reader.text("holder", pass::kMaxHolderProofBytes));
      SWARMA_TRY(holder, pass::verify_holder(proof, {context.viewer, context.action_id, context.now}));
    }
    return pass::verify_pass(jws, {.issuer_jkt = context.creator_jkt,
                                   .holder = holder,
                                   .title = context.title,
                                   .tier = tier_of(context.leaf).value(),
                                   .now = context.now});
  }

  static Evidence evidence(const pass::Pass& pass, std::function<Result<void>(db::Session&)> claim) {
    return {.evidence = Json{{"tier", pass.tier}}.dump(),
            .trust = 1,
            .claim = std::move(claim),
            .basis = std::string(pass::kPassBasis) + pass.id,
            .until = pass.valid_until};
  }

  db::Database& database_;
  ForeignPasses foreign_;
};

}  // namespace

std::unique_ptr<Verifier> make_pass_verifier(const VerifierNeeds& needs) {
  return std::make_unique<PassVerifier>(needs);
}

}  // namespace swarma::access::attest
