"""summary.py REPORT EXIT_CODE: the end of a test run, from what the test programs said: what took longest, and as the last
line "N passed, N failed".

REPORT is ctest's JUnit file. A test program that ran cases (GoogleTest, unittest, node:test) counts with its cases, any
other one counts as one. Skipped cases have not passed; a line of their own says which program's they are and, where it
told, why. A program that failed without a failed case (crash, timeout) is one failure, and so is a run
that left no report: nothing is passed because nobody looked.

Programs are slow as ctest measured them, and cases as a program names them with their time: node:test does in TAP, GoogleTest
without --gtest_brief, unittest does not.
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


kSlowest = 10  # of the programs and of the cases
kSlowSeconds = 1  # what is quicker is not worth a line

# A suite of node:test has a time too, but it is that of its cases.
NODE_CASE = re.compile(r"^ *(?:not )?ok \d+ - (.*)\n *---\n *duration_ms: ([\d.]+)\n(?! *type: 'suite')", re.M)
GTEST_CASE = re.compile(r"^\[ +(?:OK|FAILED) +\] (\S+)(?:, where .*)? \((\d+) ms\)$", re.M)


def find_timed_cases(output):
    """[(seconds, name)] of the cases that the output of a test program names with their time."""
    found = {(float(ms) / 1000, name) for kind in (NODE_CASE, GTEST_CASE) for name, ms in kind.findall(output)}
    return sorted(found, reverse=True)


def find_slowest(report):
    """([(seconds, program)], [(seconds, "program: case")]), the slowest first, of a JUnit report of ctest."""
    programs, cases = [], []
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        name = case.get("name")
        programs.append((float(case.get("time") or 0), name))
        cases += [(seconds, f"{name}: {what}") for seconds, what in find_timed_cases(case.findtext("system-out") or "")]
    return tuple(sorted((entry for entry in entries if entry[0] >= kSlowSeconds), reverse=True)[:kSlowest] for entries in (programs, cases))


def describe_slowest(title, entries):
    """A table under a title."""
    return "\n".join([title, *(f"{seconds:8.1f} s  {name}" for seconds, name in entries)])


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
        for title, entries in zip(("slowest programs:", "slowest cases:"), find_slowest(report)):
            if entries:
                print(describe_slowest(title, entries))
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
