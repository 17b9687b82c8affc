#include "nostr/reference.h"

#include <gtest/gtest.h>

namespace swarma::nostr {
namespace {

using Kind = Reference::Kind;

constexpr const char* kAuthor = "989c0b76cb563971fdc9bef31ec06c3560f3249d6ee9e5d83c57625596e05f6f";

TEST(Reference, ReadsTheExamplesOfNip19) {
  const auto person = parse_reference("npub180cvv07tjdrrgpa0j7j7tmnyl2yr6yr7l8j4s3evf6u64th6gkwsyjh6w6");
  ASSERT_TRUE(person);
  EXPECT_EQ(person->kind, Kind::Profile);
  EXPECT_EQ(person->value, "3bf0c63fcb93463407af97a5e5ee64fa883d107ef9e558472c4eb9aaaefa459d");
  const auto profile = parse_reference(
      "nprofile1qqsrhuxx8l9ex335q7he0f09aej04zpazpl0ne2cgukyawd24mayt8gpp4mhxue69uhhytnc9e3k7mgpz4mhxue69uhkg6nzv9ejuum"
      "pv34kytnrdaksjlyr9p");
  ASSERT_TRUE(profile);
  EXPECT_EQ(profile->value, person->value);
}

TEST(Reference, ReadsWhatAnotherLibraryWrote) {  // nostr-tools 2.25.2
  const auto event = parse_reference(
      "nostr:"
      "nevent1qvzqqqqqqypzpxyupdmvk43ew87un0hnrmqxcdtq7vjf6mhfuhvrc4mz2ktwqhm0qyfhwumn8ghj7un9d3shjtn90psk6urvv5qz"
      "qyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg364grz7");
  ASSERT_TRUE(event);
  EXPECT_EQ(event->kind, Kind::Event);
  EXPECT_EQ(event->value, std::string(64, '1'));
  EXPECT_EQ(event->author, kAuthor);
  const auto address =
      parse_reference("naddr1qvzqqqr4gupzpxyupdmvk43ew87un0hnrmqxcdtq7vjf6mhfuhvrc4mz2ktwqhm0qqrxzwnxd9kx6k63mcf");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->kind, Kind::Address);
  EXPECT_EQ(address->value, std::string("30023:") + kAuthor + ":a:film");
}

TEST(Reference, TakesPlainHexAsAnEvent) {
  EXPECT_EQ(parse_reference(std::string(64, 'a'))->kind, Kind::Event);
}

TEST(Reference, RefusesEverythingElse) {
  for (const std::string& text :
       {std::string(), std::string("1"), std::string("npub1"), std::string(63, 'a'), std::string(64, 'A'),
        std::string("npub180cvv07tjdrrgpa0j7j7tmnyl2yr6yr7l8j4s3evf6u64th6gkwsyjh6w7"),  // checksum
        std::string("npub180cvv07tjdrrgpa0j7j7tmnyl2yr6yr7l8j4s3evf6u64th6gkwsyjh6w"),   // cut
        std::string("Npub180cvv07tjdrrgpa0j7j7tmnyl2yr6yr7l8j4s3evf6u64th6gkwsyjh6w6"),  // mixed case
        std::string("nsec1vl029mgpspedva04g90vltkh6fvh240zqtv9k0t9af8935ke9laqsnlfe5"),  // a secret
        std::string("https://example.org/"), std::string(10'000, 'q')})
    EXPECT_FALSE(parse_reference(text)) << text.substr(0, 80);
}

}  // namespace
}  // namespace swarma::nostr
