#include "net/mail_address.h"

#include <gtest/gtest.h>

namespace swarma::net {
namespace {

std::string read(std::string_view text) {
  const auto address = parse_mail_address(text);
  return address ? address->text() : address.error().reason;
}

TEST(MailAddress, ReadsWhatPeopleHave) {
  EXPECT_EQ(read("ada@example.org"), "ada@example.org");
  EXPECT_EQ(read("Ada.Lovelace+films@Mail.Example.ORG"), "Ada.Lovelace+films@mail.example.org");
  EXPECT_EQ(read("o'hara_{x}@a-b.example"), "o'hara_{x}@a-b.example");
  EXPECT_EQ(read("ada@bücher.example"), "ada@xn--bcher-kva.example");
  EXPECT_EQ(read("ada@BÜCHER.example"), "ada@xn--bcher-kva.example");
  EXPECT_EQ(read("ada@faß.example"), "ada@xn--fa-hia.example");  // not the transitional "fass"
  EXPECT_EQ(read("ada@例子.测试"), "ada@xn--fsqu00a.xn--0zwm56d");
  EXPECT_EQ(read("ada@xn--bcher-kva.example"), "ada@xn--bcher-kva.example");
  EXPECT_EQ(read("jürgen@example.org"), "jürgen@example.org");
}

TEST(MailAddress, RefusesWhatWouldBeSomethingElse) {
  for (const char* text : {"",
                           "@",
                           "ada",
                           "ada@",
                           "@example.org",
                           "ada@example",
                           "ada@localhost",
                           "ada@127.0.0.1",
                           "ada@[127.0.0.1]",
                           "ada@example.org\r\nBcc: eve@example.org",
                           "ada@example.org, eve@example.org",
                           "a b@example.org",
                           "<ada@example.org>",
                           "\"a b\"@example.org",
                           "ada@eve@example.org",
                           ".ada@example.org",
                           "ada.@example.org",
                           "a..da@example.org",
                           "ada@-a.example",
                           "ada@a_b.example",
                           "ada@a..example",
                           "ada@example.org.",
                           "ada@exa mple.org",
                           "a\xc2\x85@example.org",
                           "a\xff@example.org",
                           "a\x7f@example.org",
                           "ada@a\xff.example"})
    EXPECT_EQ(read(text), "bad_address") << text;
  EXPECT_EQ(read(std::string(64, 'a') + "@example.org"), std::string(64, 'a') + "@example.org");
  EXPECT_EQ(read(std::string(65, 'a') + "@example.org"), "bad_address");
  EXPECT_EQ(read("a@" + std::string(64, 'a') + ".org"), "bad_address");
  EXPECT_EQ(read(std::string_view("a\0@example.org", 14)), "bad_address");
}

TEST(MailAddress, KnowsTheMailboxBehindASpelling) {
  const auto mailbox = [](const char* text) { return parse_mail_address(text)->mailbox(); };
  EXPECT_EQ(mailbox("Ada+films@Example.org"), "ada@example.org");
  EXPECT_EQ(mailbox("ada+@example.org"), "ada@example.org");
  EXPECT_EQ(mailbox("+ada@example.org"), "+@example.org");
  EXPECT_EQ(mailbox("a.d.a+x@googlemail.com"), "ada@gmail.com");
  EXPECT_EQ(mailbox("a.da@example.org"), "a.da@example.org");
}

TEST(MailAddress, KnowsWhichServersItNeeds) {
  EXPECT_TRUE(parse_mail_address("jürgen@example.org")->beyond_ascii());
  EXPECT_FALSE(parse_mail_address("jurgen@bücher.example")->beyond_ascii());
}

TEST(MailAddress, TellsWhatLiesInADomain) {
  EXPECT_TRUE(lies_in_domain("example.org", "example.org"));
  EXPECT_TRUE(lies_in_domain("mail.example.org", "example.org"));
  EXPECT_FALSE(lies_in_domain("badexample.org", "example.org"));
  EXPECT_FALSE(lies_in_domain("example.org", "mail.example.org"));
  EXPECT_FALSE(lies_in_domain("example.org.evil.example", "example.org"));
}

}  // namespace
}  // namespace swarma::net
