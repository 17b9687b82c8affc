#include "catalog/registry/fold.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace swarma::catalog::registry {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Fold, SplitsATextIntoFoldedWords) {
  EXPECT_THAT(index_words("Big Buck Bunny (2008), 4K!"), ElementsAre("big", "buck", "bunny", "2008", "4k"));
}

TEST(Fold, DropsCaseAndAccents) {
  EXPECT_THAT(index_words("Amélie ÇA Łódź Ærø STRASSE straße ﬁlm"),
              ElementsAre("amelie", "ca", "lodz", "aero", "strasse", "strasse", "film"));
  EXPECT_THAT(index_words("Ёжик ΟΔΥΣΣΕΎΣ İstanbul Việt"), ElementsAre("ежик", "οδυσσευσ", "istanbul", "viet"));
  EXPECT_EQ(index_words("e\xCC\x81t\xC3\xA9"), index_words("été"));  // composed or not
  EXPECT_EQ(index_words("שָׁלוֹם"), index_words("שלום"));
  EXPECT_EQ(index_words("مُحَمَّد"), index_words("محمد"));
}

TEST(Fold, MakesWidthPlain) {
  EXPECT_EQ(index_words("Ｆｉｌｍ　１２"), index_words("film 12"));
  EXPECT_EQ(index_words("ｶﾞﾝﾀﾞﾑ"), index_words("ガンダム"));
  EXPECT_EQ(index_words("𝓜𝓸𝓿𝓲𝓮"), index_words("movie"));
}

TEST(Fold, FindsTheMiddleOfTextWithoutSpaces) {
  EXPECT_THAT(index_words("千と千尋"), ElementsAre("千と千尋", "と千尋", "千尋", "尋"));
  EXPECT_THAT(query_terms("千尋"), ElementsAre("千尋"));
  EXPECT_THAT(index_words("第2話"), ElementsAre("第", "2", "話"));
  const std::string longer = "一二三四五六七八九十百千万";
  EXPECT_THAT(query_terms(longer), ElementsAre("一二三四五六七八九十", "四五六七八九十百千万"));
  for (const std::string& term : query_terms(longer)) EXPECT_THAT(index_words(longer), Contains(term));
}

TEST(Fold, ASyllableHalfTypedIsABeginning) {
  const std::string whole = index_words("한국").at(0);
  for (const char* typed : {"ㅎ", "하", "한", "한ㄱ", "한구"}) {
    const auto terms = query_terms(typed);
    ASSERT_EQ(terms.size(), 1u) << typed;
    EXPECT_TRUE(whole.starts_with(terms[0])) << typed;
  }
}

TEST(Fold, BoundsWhatItMakes) {
  EXPECT_EQ(index_words(std::string(1000, 'x')), std::vector{std::string(kMaxWordBytes, 'x')});
  EXPECT_EQ(query_terms(std::string(1000, 'x')), index_words(std::string(1000, 'x')));
  EXPECT_EQ(query_terms("a b c d e f g h i j k").size(), kMaxTerms);
  EXPECT_THAT(query_terms("a A á"), ElementsAre("a"));
}

TEST(Fold, TakesBrokenTextAsSeparator) {
  EXPECT_THAT(index_words("ab\xFFzz\xC3(x\xED\xA0\x80y\xF5q\xE2\x82"), ElementsAre("ab", "zz", "x", "y", "q"));
  EXPECT_THAT(query_terms("\xC0\x80 … !!!"), IsEmpty());
}

}  // namespace
}  // namespace swarma::catalog::registry
