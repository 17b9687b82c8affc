"""summary.py REPORT EXIT_CODE: the last line of a test run, "N passed, N failed", from what the test programs said.

REPORT is ctest's JUnit file. A test program that ran cases (GoogleTest, unittest, node:test) counts with its cases, any
other one counts as one. Skipped cases have not passed; a line of their own says which program's they are and, where it
told, why. A program that failed without a failed case (crash, timeout) is one failure, and so is a run
that left no report: nothing is passed because nobody looked.
"""
import re
import sys
import xml.etree.ElementTree as ElementTree


def count_cases(output):
    """(passed, failed, skipped) as the output of a test program tells it, or None when it tells nothing."""
    passed = failed = skipped = 0
    told = False
    for total, rest in re.findall(r"^Ran (\d+) tests? in .*\n\n(?:OK|FAILED)(.*)$", output, re.M):     # unittest
        numbers = {k: int(v) for k, v in re.findall(r"(failures|errors|skipped|expected failures)=(\d+)", rest)}
        bad = numbers.get("failures", 0) + numbers.get("errors", 0)
        told, failed, skipped = True, failed + bad, skipped + numbers.get("skipped", 0)
        passed += max(0, int(total) - bad - numbers.get("skipped", 0))
    for kind, number in re.findall(r"^\[  (PASSED|FAILED|SKIPPED) *\] (\d+) tests?[.,]", output, re.M):    # GoogleTest
        told = True
        passed += int(number) * (kind == "PASSED")
        failed += int(number) * (kind == "FAILED")
        skipped += int(number) * (kind == "SKIPPED")
    for kind, number in re.findall(r"^(?:#|ℹ) (pass|fail|skipped) (\d+)$", output, re.M):               # node:test
        told = True
        passed += int(number) * (kind == "pass")
        failed += int(number) * (kind == "fail")
        skipped += int(number) * (kind == "skipped")
    return (passed, failed, skipped) if told else None


def describe_skipped(name, number, output):
    """One phrase for the skipped cases of a program, with the reasons GoogleTest printed."""
    reasons = sorted(set(re.findall(r"^.*: Skipped\n(.+)$", output, re.M)))
    return f"{number} of {name}" + (f" ({'; '.join(reasons[:2])}{'; …' if len(reasons) > 2 else ''})" if reasons else "")


def summarise(report):
    """(passed, failed, skipped, phrases about the skipped, names of failed programs) of a JUnit report of ctest."""
    totals, left_out, broken = [0, 0, 0], [], []
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        status = case.get("status", "run")
        bad = status == "fail" or case.find("failure") is not None
        output = case.findtext("system-out") or ""
        passed, failed, skipped = count_cases(output) or (int(not bad and status == "run"), 0, 0)
        if status in ("disabled", "notrun") and not bad:
            passed, failed, skipped = 0, 0, 1
        if bad:
            failed = max(failed, 1)
            broken.append(case.get("name"))
        if skipped:
            left_out.append(describe_skipped(case.get("name"), skipped, output))
        for i, number in enumerate((passed, failed, skipped)):
            totals[i] += number
    return (*totals, left_out, broken)


def main():
    report, exit_code = sys.argv[1], int(sys.argv[2])
    try:
        passed, failed, skipped, left_out, broken = summarise(report)
    except (OSError, ElementTree.ParseError) as error:
        print(f"no test report: the build or the installation failed ({error})")
        passed, failed, skipped, left_out, broken = 0, 1, 0, [], []
    if exit_code != 0 and failed == 0:
        print(f"./dev test ended with {exit_code} although no test failed")
        failed = 1
    if broken:
        print("failed:", ", ".join(broken))
    if skipped:
        print(f"{skipped} skipped: {', '.join(left_out)}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
