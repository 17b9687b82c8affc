"""The last line of a test run must not flatter."""
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


def case(name, status, output=""):
    failure = "<failure message=''/>" if status == "fail" else ""
    return f'<testcase name="{name}" status="{status}">{failure}<system-out>{output}</system-out></testcase>'


class SummaryTest(unittest.TestCase):
    def summarise(self, *cases):
        with tempfile.NamedTemporaryFile("w", suffix=".xml") as file:
            file.write(REPORT % "".join(cases))
            file.flush()
            return summary.summarise(file.name)

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

    def test_no_report_is_a_failure(self):
        sys.argv = ["summary.py", "/nonexistent/report.xml", "0"]
        self.assertEqual(summary.main(), 1)


if __name__ == "__main__":
    unittest.main()
