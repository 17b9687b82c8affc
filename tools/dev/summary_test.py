"""The last line of a test run must not flatter, and what took longest must be what took longest."""
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import summary

REPORT = '<?xml version="1.0"?><testsuite name="x">%s</testsuite>'
GTEST = "[==========] Running 5 tests\n[  PASSED  ] 3 tests.\n[  SKIPPED ] 1 test, listed below:\n[  FAILED  ] 1 test, listed below:\n"
BRIEF = ("films_test.cpp:32: Skipped\nno film at x.ts\nfilms_test.cpp:32: Skipped\nno film at x.ts\n"
         "[==========] 9 tests from 2 test suites ran. (7 ms total)\n[  PASSED  ] 7 tests.\n[  SKIPPED ] 2 tests.\n")
UNITTEST = "Ran 7 tests in 0.1s\n\nFAILED (failures=1, errors=2, skipped=1)\n"
NODE = "# tests 4\n# pass 3\n# fail 1\n# skipped 0\n"

TAP = """# Subtest: chrome
    # Subtest: it plays, at once
    ok 1 - it plays, at once
      ---
      duration_ms: 4875.0
      ...
    # Subtest: it stops
    not ok 2 - it stops
      ---
      duration_ms: 1125.0
      location: 'x'
      ...
    1..2
ok 1 - chrome
  ---
  duration_ms: 43678.334784
  type: 'suite'
  ...
"""
GTEST_TIMES = ("[ RUN      ] A.b\n[       OK ] A.b (2500 ms)\n[  FAILED  ] A.c, where GetParam() = 3 (1500 ms)\n[----------] 2 tests from A (4000 ms total)\n"
               "[  FAILED  ] 1 test, listed below:\n[  FAILED  ] A.c, where GetParam() = 3\n")


def case(name, status, output="", seconds=0):
    failure = "<failure message=''/>" if status == "fail" else ""
    return f'<testcase name="{name}" time="{seconds}" status="{status}">{failure}<system-out>{output}</system-out></testcase>'


class SummaryTest(unittest.TestCase):
    def read(self, function, *cases):
        with tempfile.NamedTemporaryFile("w", suffix=".xml") as file:
            file.write(REPORT % "".join(cases))
            file.flush()
            return function(file.name)

    def summarise(self, *cases):
        return self.read(summary.summarise, *cases)

    def test_cases_of_each_kind_of_program_are_counted(self):
        self.assertEqual(summary.count_cases(GTEST), (3, 1, 1))
        self.assertEqual(summary.count_cases(BRIEF), (7, 0, 2))
        self.assertEqual(summary.count_cases(UNITTEST), (3, 3, 1))
        self.assertEqual(summary.count_cases(NODE), (3, 1, 0))
        self.assertEqual(summary.count_cases("Ran 2 tests in 3s\n\nOK\n[  PASSED  ] 1 test.\n"), (3, 0, 0))
        self.assertIsNone(summary.count_cases("fine\n"))

    def test_a_program_without_cases_counts_as_one(self):
        self.assertEqual(self.summarise(case("a", "run"), case("b", "fail")), (1, 1, 0, [], ["b"]))

    def test_a_crash_after_passed_cases_is_a_failure(self):
        self.assertEqual(self.summarise(case("a", "fail", "[  PASSED  ] 3 tests.\n")), (3, 1, 0, [], ["a"]))

    def test_a_program_that_did_not_run_did_not_pass(self):
        self.assertEqual(self.summarise(case("a", "notrun"), case("b", "disabled")), (0, 0, 2, ["1 of a", "1 of b"], []))

    def test_skipped_cases_are_not_passed_and_say_why(self):
        self.assertEqual(self.summarise(case("watch", "run", BRIEF), case("c", "run")), (8, 0, 2, ["2 of watch (no film at x.ts)"], []))

    def test_cases_are_timed_where_a_program_says_their_time_and_suites_are_not(self):
        self.assertEqual(summary.find_timed_cases(TAP), [(4.875, "it plays, at once"), (1.125, "it stops")])
        self.assertEqual(summary.find_timed_cases(GTEST_TIMES), [(2.5, "A.b"), (1.5, "A.c")])
        self.assertEqual(summary.find_timed_cases(BRIEF + UNITTEST + NODE), [])

    def test_the_slowest_come_first_and_the_quick_are_left_out(self):
        found = self.read(summary.find_slowest, case("a", "run", GTEST_TIMES, 4), case("quick", "run", "", 0.9), case("b", "fail", TAP, 43.7))
        self.assertEqual(found[0], [(43.7, "b"), (4, "a")])
        self.assertEqual(found[1], [(4.875, "b: it plays, at once"), (2.5, "a: A.b"), (1.5, "a: A.c"), (1.125, "b: it stops")])
        self.assertEqual(summary.describe_slowest("slowest:", found[0]), "slowest:\n    43.7 s  b\n     4.0 s  a")

    def test_no_more_than_ten_are_named(self):
        programs, _ = self.read(summary.find_slowest, *(case(f"p{i}", "run", "", 10 + i) for i in range(12)))
        self.assertEqual([programs[0], programs[-1], len(programs)], [(21, "p11"), (12, "p2"), 10])

    def test_no_report_is_a_failure(self):
        sys.argv = ["summary.py", "/nonexistent/report.xml", "0"]
        self.assertEqual(summary.main(), 1)


if __name__ == "__main__":
    unittest.main()
