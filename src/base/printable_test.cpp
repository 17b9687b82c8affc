#include "base/printable.h"

#include <gtest/gtest.h>

namespace swarma {
namespace {

TEST(Printable, LettersOfEveryScriptStay) {
  for (const char* text : {"plain\nlines", "Größe – 5 €", "Привет", "مرحبا بالعالم", "שלום", "こんにちは", "🎬"})
    EXPECT_EQ(printable(text), text);
}

TEST(Printable, NothingTurnsALineAround) {
  EXPECT_EQ(printable("a\u202Egpj.exe"), "a<U+202E>gpj.exe");
  for (const char* control :
       {"\u202A", "\u202B", "\u202C", "\u202D", "\u2066", "\u2067", "\u2068", "\u2069", "\u200E", "\u200F", "\u061C"})
    EXPECT_EQ(printable(control).rfind("<U+", 0), 0U) << printable(control);
}

TEST(Printable, NothingSteersATerminal) {
  EXPECT_EQ(printable("\x1B[2J"), "<U+001B>[2J");
  EXPECT_EQ(printable("a\rb\tc\x07\x08\x7F"), "a<U+000D>b<U+0009>c<U+0007><U+0008><U+007F>");
  EXPECT_EQ(printable("\u009B31m"), "<U+009B>31m");
  EXPECT_EQ(printable(std::string_view("\0", 1)), "<U+0000>");
  EXPECT_EQ(printable("a\u2028b\u200Bc\uFEFF"), "a<U+2028>b<U+200B>c<U+FEFF>");
}

TEST(Printable, BytesThatAreNoTextAreReplaced) {
  EXPECT_EQ(printable("\xFF\xC3"), "\uFFFD\uFFFD");
  EXPECT_EQ(printable("\xC0\xAE\xED\xA0\x80 ok"), "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD ok");
}

}  // namespace
}  // namespace swarma
