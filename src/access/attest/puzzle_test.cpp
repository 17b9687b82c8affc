// Puzzles for machines and for people.
#include "access/attest/human_testing.h"
#include "access/attest/puzzle_load.h"
#include "access/attest/verifiers_testing.h"
#include "crypto/argon2id.h"

namespace swarma::access::attest {
namespace {

using testing::answer_to;
using testing::leaf_with;
using testing::reason_of;
using namespace std::chrono_literals;

policy::Leaf puzzle(const Json& params) {
  return leaf_with(policy::Requirement::PuzzleSolve, params);
}
const policy::Leaf kArgon = puzzle({{"algorithm", "argon2id"}, {"difficulty", 3}, {"memory_kib", 1024}, {"passes", 1}});
const policy::Leaf kRising = puzzle({{"algorithm", "sha256"}, {"difficulty", 4}, {"max_difficulty", 7}});
const policy::Leaf kHuman = puzzle({{"algorithm", "human"}});

/// Whether this solves it, worked out without the verifier.
bool solves(const Json& challenge, const std::string& solution) {
  const Bytes salt = parse_base64url(challenge["seed"].get<std::string>()).value();
  const Bytes hash = crypto::argon2id(solution, salt, {1024 * 1024, 1}).value();
  return hash[0] >> (8 - challenge["difficulty"].get<int>()) == 0;
}

class PuzzleTest : public testing::VerifierTest {
 protected:
  std::int64_t difficulty() { return started(kRising).second["difficulty"].get<std::int64_t>(); }
  void ask(int times) {
    for (int i = 0; i < times; ++i) started(kRising, "viewer-" + std::to_string(++viewers_));
  }
  int viewers_ = 1;
};
INSTANTIATE_TEST_SUITE_P(Engines, PuzzleTest, ::testing::ValuesIn(db::testing::kEngines), db::testing::engine_name);

TEST_P(PuzzleTest, Argon2idTakesMemory) {
  const auto [id, challenge] = started(kArgon);
  EXPECT_EQ(challenge["memory_kib"], 1024);
  EXPECT_EQ(challenge["passes"], 1);
  int right = 0, wrong = 0;
  while (!solves(challenge, std::to_string(right))) ++right;
  while (solves(challenge, std::to_string(wrong))) ++wrong;
  EXPECT_EQ(reason_of(answer(id, {{"solution", std::to_string(wrong)}})), "wrong_solution");
  EXPECT_EQ(reason_of(answer(id, {{"solution", "-1"}})), "bad_solution");
  // Solved for another action: another seed.
  const auto [other, other_challenge] = started(kArgon);
  EXPECT_NE(other_challenge["seed"], challenge["seed"]);
  EXPECT_EQ(reason_of(answer(id, {{"solution", std::to_string(right)}})), "fine");
}

TEST(Argon2id, IsWhatOthersCompute) {
  // By argon2-cffi 25.1: hash_secret_raw(b"password", b"somesaltsomesalt", 2, 65536, 1, 32, Type.ID)
  EXPECT_EQ(to_hex(crypto::argon2id("password", view("somesaltsomesalt"), {64 << 20, 2}).value()),
            "fc33b78139231d34b71626bd6245c1d72efa190ad605c3d8166a72adcedfa2c2");
}

TEST_P(PuzzleTest, ManyMakeItHarderWithinWhatTheTermsSay) {
  ask(kCalmPuzzles - 1);
  EXPECT_EQ(difficulty(), 4);  // number 60
  EXPECT_EQ(difficulty(), 5);
  ask(kCalmPuzzles - 2);
  EXPECT_EQ(difficulty(), 5);  // 120
  EXPECT_EQ(difficulty(), 6);
  ask(3 * kCalmPuzzles);
  EXPECT_EQ(difficulty(), 7);  // three doublings, and the most that the terms allow
  // Another title is calm, and another node on the database is not.
  title_ = TitleId(TitleId::Raw{8});
  EXPECT_EQ(difficulty(), 4);
  title_ = TitleId(TitleId::Raw{7});
  actions_ = make_node();
  EXPECT_EQ(difficulty(), 7);
  // A minute without anybody, and it is easy again; and it is not stuck if the clock is set back.
  clock_.advance(60s);
  EXPECT_EQ(difficulty(), 4);
  clock_.advance(-600s);
  EXPECT_EQ(difficulty(), 4);
}

TEST_P(PuzzleTest, ADifficultyHoldsForTheActionThatWasGivenIt) {
  const auto [id, easy] = started(kRising);
  ask(3 * kCalmPuzzles);
  for (int n = 0;; ++n)
    if (const int bits = puzzle_bits(easy["seed"].get<std::string>(), std::to_string(n)); bits == 4) {
      EXPECT_EQ(reason_of(answer(id, {{"solution", std::to_string(n)}})), "fine");
      break;
    }
  const auto [hard_id, hard] = started(kRising, "viewer-x");
  EXPECT_EQ(hard["difficulty"], 6);
  for (int n = 0;; ++n)
    if (const int bits = puzzle_bits(hard["seed"].get<std::string>(), std::to_string(n)); bits == 5) {
      EXPECT_EQ(reason_of(answer(hard_id, {{"solution", std::to_string(n)}}, "viewer-x")), "wrong_solution");
      break;
    }
}

TEST_P(PuzzleTest, APersonAnswersAQuestion) {
  std::set<std::string> kinds;
  for (int i = 0; i < 40; ++i) {
    const auto [id, challenge] = started(kHuman, "viewer-" + std::to_string(i));
    const std::string question = challenge["question"]["en"];
    kinds.insert(question.substr(0, 6));
    for (const char* language : {"de", "ar"}) EXPECT_FALSE(challenge["question"][language].get<std::string>().empty());
    const auto issued = answer(id, {{"answer", " " + answer_to(question) + ". "}}, "viewer-" + std::to_string(i));
    ASSERT_TRUE(issued) << question << " " << answer_to(question) << issued.error().message;
    EXPECT_EQ(read(*issued, "viewer-" + std::to_string(i)).trust, 0.3);
  }
  EXPECT_EQ(kinds.size(), 3u);
}

TEST_P(PuzzleTest, AQuestionIsAnsweredThreeTimesAtMost) {
  const auto [id, challenge] = started(kHuman);
  const std::string right = answer_to(challenge["question"]["en"]);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(reason_of(answer(id, {{"answer", "no idea"}})), "wrong_answer");
  EXPECT_EQ(reason_of(answer(id, {{"answer", right}})), "too_many_tries");
}

}  // namespace
}  // namespace swarma::access::attest
