#include "catalog/registry/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "catalog/registry/titles_testing.h"
#include "db/database_testing.h"

namespace swarma::catalog::registry {

using namespace registry::testing;
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class RegistryTest : public ::testing::TestWithParam<db::testing::Engine> {
 protected:
  void SetUp() override {
    auto made = db::testing::make_test_database(GetParam());
    ASSERT_TRUE(made) << made.error().message;
    database_.emplace(*std::move(made));
    const auto migrated = (*database_)->migrate(migrations());
    ASSERT_TRUE(migrated) << migrated.error().message;
    registry_.emplace(**database_, clock_);
  }
  void publish(const TestTitle& title, const CompleteTitle& complete = {}) {
    clock_.advance(std::chrono::seconds(10));
    const auto done = registry_->publish(title.jws, title.record, "sealed", complete);
    ASSERT_TRUE(done) << done.error().message;
    ASSERT_EQ(*done, Published::New);
  }
  std::vector<std::string> names(std::string_view query, std::size_t limit = 50) {
    const auto page = registry_->search(query, limit);
    EXPECT_TRUE(page) << page.error().message;
    std::vector<std::string> out;
    if (page)
      for (const auto& title : page->titles) out.push_back(title->record.name);
    return out;
  }
  FakeClock clock_;
  std::optional<db::testing::TestDatabase> database_;
  std::optional<TitleRegistry> registry_;
};
INSTANTIATE_TEST_SUITE_P(Engines, RegistryTest, ::testing::ValuesIn(db::testing::kEngines), db::testing::engine_name);

TEST_P(RegistryTest, FindsAndListsWhatWasPublished) {
  const TestTitle title = make_record("Big Buck Bunny");
  EXPECT_EQ(registry_->get(title.record.id).error().reason, "title_not_found");
  publish(title);
  const auto found = registry_->get(title.record.id);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ((*found)->record_jws, title.jws);
  EXPECT_EQ((*found)->record.name, "Big Buck Bunny");
  EXPECT_EQ((*found)->sealed, "sealed");
  EXPECT_EQ((*found)->published_at, clock_.now());
  EXPECT_EQ(registry_->find_revision(title.record.id).value(), 1);
  EXPECT_THAT(names(""), ElementsAre("Big Buck Bunny"));
}

TEST_P(RegistryTest, TakesNewerRevisionsOnly) {
  const TestTitle first = make_record("First"), second = next_revision(first, "Second");
  publish(first);
  const auto published_at = clock_.now();
  publish(second);
  const auto older = registry_->publish(first.jws, first.record, "sealed", {});
  ASSERT_FALSE(older);
  EXPECT_EQ(older.error().reason, "record_older");
  EXPECT_EQ(older.error().code, ErrorCode::Conflict);
  TestTitle same_revision = second;
  same_revision.record.name = "Also second";
  same_revision.jws = title::sign_record(same_revision.record, test_creator()).value();
  EXPECT_EQ(registry_->publish(same_revision.jws, same_revision.record, "sealed", {}).error().reason, "record_older");
  const auto found = registry_->get(first.record.id);
  EXPECT_EQ((*found)->record.name, "Second");
  EXPECT_EQ((*found)->published_at, published_at);
  EXPECT_EQ((*found)->updated_at, clock_.now());
  EXPECT_THAT(names("first"), IsEmpty());
  EXPECT_THAT(names("second"), ElementsAre("Second"));
}

TEST_P(RegistryTest, PublishingTheSameRecordAgainChangesNothing) {
  const TestTitle title = make_record("Bunny");
  publish(title);
  const auto published_at = clock_.now();
  clock_.advance(std::chrono::seconds(5));
  bool ran = false;
  const auto again =
      registry_->publish(title.jws, title.record, "sealed otherwise", {}, [&](db::Session&) -> Result<void> {
        ran = true;
        return {};
      });
  EXPECT_EQ(again, Published::Repeated);
  EXPECT_FALSE(ran);
  EXPECT_EQ(registry_->get(title.record.id).value()->sealed, "sealed");
  EXPECT_EQ(registry_->get(title.record.id).value()->updated_at, published_at);
}

TEST_P(RegistryTest, AnUnpublishedRecordNeverComesBack) {
  const TestTitle first = make_record("First"), second = next_revision(first, "Second"),
                  third = next_revision(second, "Third");
  publish(second);
  EXPECT_EQ(registry_->unpublish(make_record("Other").record.id).error().reason, "title_not_found");
  ASSERT_TRUE(registry_->unpublish(first.record.id));
  EXPECT_EQ(registry_->get(first.record.id).error().reason, "title_withdrawn");
  EXPECT_EQ(registry_->find_revision(first.record.id).value(), std::nullopt);
  EXPECT_THAT(names("second"), IsEmpty());
  EXPECT_EQ(registry_->count_blobs()->count, 0u);
  EXPECT_EQ(registry_->unpublish(first.record.id).error().reason, "title_withdrawn");
  for (const TestTitle& title : {first, second})
    EXPECT_EQ(registry_->publish(title.jws, title.record, "sealed", {}).error().reason, "record_older");
  publish(third);
  EXPECT_THAT(names("third"), ElementsAre("Third"));
  ASSERT_TRUE(registry_->unpublish(first.record.id));
  EXPECT_EQ(registry_->publish(third.jws, third.record, "sealed", {}).error().reason, "record_older");
}

TEST_P(RegistryTest, WhatGoesWithAPublicationHappensWithItOrNotAtAll) {
  const TestTitle title = make_record("Bunny");
  const auto done = registry_->publish(title.jws, title.record, "sealed", {}, [](db::Session&) -> Result<void> {
    return fail(ErrorCode::BadRequest, "codes_bad", "The codes are bad.");
  });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().reason, "codes_bad");
  EXPECT_EQ(registry_->get(title.record.id).error().reason, "title_not_found");
  EXPECT_THAT(names(""), IsEmpty());
}

TEST_P(RegistryTest, SeesWhatAnotherNodePublishes) {
  const auto other_database = db::Database::open(database_->url());
  ASSERT_TRUE(other_database);
  TitleRegistry other(**other_database, clock_);
  const TestTitle first = make_record("First"), second = next_revision(first, "Second");
  publish(first);
  EXPECT_EQ(other.get(first.record.id).value()->record.name, "First");
  publish(second);
  EXPECT_EQ(other.get(first.record.id).value()->record.name, "Second");
  EXPECT_EQ(other.search("second", 5)->titles.at(0)->record.name, "Second");
  ASSERT_TRUE(registry_->unpublish(first.record.id));
  EXPECT_EQ(other.get(first.record.id).error().reason, "title_withdrawn");
  EXPECT_THAT(other.search("", 5)->titles, IsEmpty());
}

TEST_P(RegistryTest, OneOfManyPublishersOfARevisionWins) {
  const TestTitle base = make_record("Base");
  publish(base);
  std::vector<TestTitle> rivals;
  for (int i = 0; i < 6; ++i) rivals.push_back(next_revision(base, "Rival " + std::to_string(i)));
  std::atomic<int> won = 0, lost = 0;
  {
    std::vector<std::jthread> threads;
    for (const TestTitle& rival : rivals)
      threads.emplace_back([&] {
        const auto done = registry_->publish(rival.jws, rival.record, "sealed", {});
        if (done) ++won;
        if (!done && done.error().reason == "record_older") ++lost;
      });
  }
  EXPECT_EQ(won, 1);
  EXPECT_EQ(lost, 5);
  EXPECT_EQ(names("rival").size(), 1u);
}

TEST_P(RegistryTest, NoticesAForgedRow) {
  const TestTitle title = make_record("Bunny"), other = make_record("Other");
  publish(title);
  ASSERT_TRUE((*database_)->execute("UPDATE titles SET record = $1", {other.jws}));
  EXPECT_EQ(registry_->get(title.record.id).error().code, ErrorCode::Corrupt);
  ASSERT_TRUE(
      (*database_)->execute("UPDATE titles SET record = $1", {title.jws.substr(0, title.jws.size() - 4) + "AAAA"}));
  EXPECT_EQ(registry_->get(title.record.id).error().code, ErrorCode::Corrupt);
}

TEST_P(RegistryTest, SearchesAsOneTypes) {
  publish(make_record("Big Buck Bunny", "A rabbit with a temper.", {"animation"}));
  for (const char* query : {"b", "bu", "bunny", "BUNN", "buck big", "rabb", "anim", "bunny temper", "büñny"})
    EXPECT_THAT(names(query), ElementsAre("Big Buck Bunny")) << query;
  for (const char* query : {"unny", "bunnyx", "bunny elephant", "!!!", "'; DROP TABLE titles; --", "%", "_", "*"})
    EXPECT_THAT(names(query), IsEmpty()) << query;
  for (const char* query : {"", "  ", "\t"}) EXPECT_THAT(names(query), ElementsAre("Big Buck Bunny")) << query;
}

TEST_P(RegistryTest, SearchesInAnyLanguage) {
  publish(make_record("Le Fabuleux Destin d'Amélie Poulain"));
  publish(make_record("千と千尋の神隠し"));
  publish(make_record("Броненосец «Потёмкин»"));
  publish(make_record("기생충"));
  publish(make_record("سينما باراديسو"));
  publish(make_record("สัตว์ประหลาด"));
  EXPECT_THAT(names("amelie"), ElementsAre("Le Fabuleux Destin d'Amélie Poulain"));
  EXPECT_THAT(names("千尋"), ElementsAre("千と千尋の神隠し"));
  EXPECT_THAT(names("神"), ElementsAre("千と千尋の神隠し"));
  EXPECT_THAT(names("потемк"), ElementsAre("Броненосец «Потёмкин»"));
  EXPECT_THAT(names("기ㅅ"), ElementsAre("기생충"));
  EXPECT_THAT(names("باراد"), ElementsAre("سينما باراديسو"));
  EXPECT_THAT(names("ประหลาด"), ElementsAre("สัตว์ประหลาด"));
}

TEST_P(RegistryTest, SearchesTranslationsAndCreators) {
  publish(make_record("Bunny"), {.blobs = {}, .texts = {{"Der große Hase", "Ein Kaninchen wehrt sich."}}});
  EXPECT_THAT(names("grosse hase"), ElementsAre("Bunny"));
  EXPECT_THAT(names("kaninchen"), ElementsAre("Bunny"));
  const std::string& creator = test_creator().did().text();
  EXPECT_THAT(names(creator.substr(8)), ElementsAre("Bunny"));
  EXPECT_THAT(names(creator), ElementsAre("Bunny"));
  EXPECT_THAT(names("did"), IsEmpty());
}

TEST_P(RegistryTest, PutsNamesBeforeTagsBeforeSummaries) {
  publish(make_record("Hare", "", {}));
  publish(make_record("Tagged", "", {"hare"}));
  publish(make_record("Told", "About a hare."));
  publish(make_record("Second hare"));
  EXPECT_THAT(names("hare"), ElementsAre("Second hare", "Hare", "Tagged", "Told"));
}

TEST_P(RegistryTest, PagesWithoutRepeatingOrHidingWhileTitlesAppear) {
  for (int i = 0; i < 7; ++i) publish(make_record("Film " + std::to_string(i), i % 2 == 0 ? "" : "film film"));
  for (const char* query : {"", "film"}) {
    std::vector<std::string> seen;
    std::string cursor;
    int pages = 0;
    do {
      const auto page = registry_->search(query, 3, cursor);
      ASSERT_TRUE(page);
      for (const auto& title : page->titles) seen.push_back(title->record.name);
      cursor = page->next;
      publish(make_record("Late film"));
    } while (!cursor.empty() && ++pages < 10);
    EXPECT_EQ(std::count(seen.begin(), seen.end(), "Late film"), std::string_view(query).empty() ? 0 : 3) << query;
    std::erase(seen, "Late film");
    EXPECT_THAT(seen, ElementsAre("Film 6", "Film 5", "Film 4", "Film 3", "Film 2", "Film 1", "Film 0")) << query;
  }
}

TEST_P(RegistryTest, RefusesCursorsThatAreNotItsOwn) {
  publish(make_record("Film"));
  for (const char* cursor : {"x", "1", "1-", "-1-1", "1-1x", "01-1", "1--1", "99999999999999999999-1"})
    EXPECT_EQ(registry_->search("", 3, cursor).error().reason, "bad_cursor") << cursor;
  EXPECT_EQ(registry_->search(std::string(257, 'x'), 3).error().reason, "query_too_long");
}

TEST_P(RegistryTest, CountsUnlocks) {
  const TestTitle title = make_record("Bunny");
  publish(title);
  EXPECT_EQ(registry_->find_unlocks(title.record.id).value(), 0);
  for (int i = 0; i < 3; ++i)
    ASSERT_TRUE((*database_)->transact([&](db::Session& session) {
      return registry_->count_unlock(session, title.record.id, "promise");
    }));
  publish(next_revision(title, "Bunny again"));
  EXPECT_EQ(registry_->find_unlocks(title.record.id).value(), 3);
}

TEST_P(RegistryTest, CountsUnlocksByWayAndDay) {
  const TestTitle title = make_record("Bunny");
  publish(title);
  const auto unlock = [&](const char* path) {
    ASSERT_TRUE((*database_)->transact([&](db::Session& session) {
      return registry_->count_unlock(session, title.record.id, path);
    }));
  };
  const auto seen = [&] {
    std::vector<std::string> out;
    for (const auto& day : registry_->list_unlock_days(title.record.id).value())
      out.push_back(day.path + " " + std::to_string(day.unlocks) + " on day " +
                    std::to_string(day.day.unix_s() / 86'400));
    return out;
  };
  EXPECT_THAT(seen(), ElementsAre());
  const std::int64_t today = clock_.now().unix_s() / 86'400;
  unlock("puzzle");
  unlock("promise");
  unlock("promise");
  clock_.advance(std::chrono::days(1));
  unlock("promise");
  const std::string on = " on day ";
  EXPECT_THAT(seen(), ElementsAre("promise 2" + on + std::to_string(today), "puzzle 1" + on + std::to_string(today),
                                  "promise 1" + on + std::to_string(today + 1)));
  clock_.advance(std::chrono::days(kUnlockDays - 1));
  EXPECT_THAT(seen(), ElementsAre("promise 1" + on + std::to_string(today + 1)));
  EXPECT_EQ(registry_->find_unlocks(title.record.id).value(), 4);
  ASSERT_TRUE(registry_->unpublish(title.record.id));
  EXPECT_THAT(seen(), ElementsAre());
  EXPECT_EQ(registry_->find_unlocks(title.record.id).value(), 0);
}

TEST_P(RegistryTest, KeepsManyWordsOfALongText) {
  std::string summary;
  for (int i = 0; summary.size() < 900; ++i) summary += "word" + std::to_string(i) + " ";
  publish(make_record("Long", summary));
  EXPECT_THAT(names("word0 word50 word99"), ElementsAre("Long"));
}

TEST_P(RegistryTest, SweepsOnlyOrphansThatNobodyUsed) {
  FakeBlobs blobs;
  const TestTitle kept = make_title(blobs, "Kept"), gone = make_title(blobs, "Gone");
  const auto sweep = [&](std::size_t names_per_pass) {
    auto report = sweep_orphans(blobs, *registry_,
                                {.not_before = {}, .before = blobs.now - kOrphanAge, .held_back = {}}, names_per_pass);
    EXPECT_TRUE(report) << report.error().message;
    return report ? report->removed : 0;
  };
  const std::size_t all = blobs.blobs.size();
  blobs.now += 2 * kOrphanAge;
  EXPECT_EQ(sweep(kMaxNamesPerPass), 0u);  // a database without any history proves nothing

  for (const TestTitle* title : {&kept, &gone}) publish(*title, check_complete(title->record, blobs).value());
  EXPECT_EQ(registry_->count_blobs()->count, all);
  const BlobId half = blobs.put("a segment of a publish that was given up");
  ASSERT_TRUE(registry_->unpublish(gone.record.id));
  EXPECT_EQ(sweep(kMaxNamesPerPass), 0u);  // all were used just now

  blobs.now += kOrphanAge + std::chrono::seconds(1);
  const BlobId fresh = blobs.put("a segment of a publish under way");
  EXPECT_EQ(sweep(5), all / 2 + 1);  // in several passes
  EXPECT_TRUE(check_complete(kept.record, blobs));
  EXPECT_FALSE(check_complete(gone.record, blobs));
  EXPECT_FALSE(blobs.blobs.contains(half));
  EXPECT_TRUE(blobs.blobs.contains(fresh));
}

}  // namespace
}  // namespace swarma::catalog::registry
