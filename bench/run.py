"""run.py [NAME…]: runs the comparisons, prints the table, writes build/bench/report.md. Exit 1 when one could not be measured.

A goal that was missed is shown as such and is no failure: figures of a busy machine are figures all the same.
"""
import platform
import sys
import traceback

import measure
import cases


def table(rows):
    lines = ["| what | goal | reached | | detail |", "| --- | --- | --- | --- | --- |"]
    return lines + [f"| {r.name} | {r.goal} | **{r.reached}** | {'met' if r.met else 'MISSED'} | {r.detail} |" for r in rows]


def machine():
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "unknown CPU")
    return f"{cpu}, {measure.os.cpu_count()} cores, Linux {platform.release()}. Medians of {cases.ROUNDS} alternating rounds, in brackets the range."


def main(names):
    unknown = [n for n in names if n not in cases.CASES]
    if unknown:
        print(f"no such benchmark: {', '.join(unknown)} (there are: {', '.join(cases.CASES)})", file=sys.stderr)
        return 2
    rows, failed = [], []
    measure.WORK.mkdir(parents=True, exist_ok=True)
    for name in names or cases.CASES:
        print(f"== {name}", file=sys.stderr, flush=True)
        try:
            for row in cases.CASES[name]():
                rows.append(row)
                print(f"   {row.name}: {row.reached} (goal {row.goal}) {row.detail}", file=sys.stderr, flush=True)
        except Exception:
            failed.append(name)
            traceback.print_exc()
    report = ["# Benchmark report", "", machine(), "", *table(rows)] + [f"\nNot measured because of an error: {', '.join(failed)}."] * bool(failed)
    (measure.WORK / "report.md").write_text("\n".join(report) + "\n")
    print("\n".join(table(rows)))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
