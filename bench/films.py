#!/usr/bin/env python3
"""Wall time and peak memory of `swarma publish`, one run for each film of the folders given, as a table.

    SWARMA=build/swarma bench/films.py FOLDER…
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from program import PROGRAM, Node  # noqa: E402

NOT_FILMS = {".md", ".sh", ".srt", ".vtt", ".ass", ".txt", ".json", ".py", ".png", ".jpg"}
AT_MOST_SECONDS = 1200


def measured(*arguments):
    """(exit code, output, errors, seconds, peak memory in MB)"""
    began = time.monotonic()
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(["timeout", str(AT_MOST_SECONDS), PROGRAM, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=output, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)   # of `timeout` and the program it waited for
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        return process.returncode, output.read(), errors.read().strip(), time.monotonic() - began, usage.ru_maxrss / 1024


def row(node, film, data):
    code, output, errors, seconds, memory = measured("publish", film, "--node", node.url, "--data", data, "--policy", "open", "--json", "--quiet")
    if code == 0:
        said = json.loads(output)
        what = ", ".join(r["name"] + (" copied" if r["copied"] else "") for r in said["renditions"])
        length = f"{said['duration_ms'] / 1000:.1f}"
    else:
        what, length = "refused: " + errors.rsplit("[", 1)[-1].rstrip("]"), ""
    return f"| {film.name} | {film.stat().st_size / 1e6:.1f} | {length} | {seconds:.1f} | {memory:.0f} | {what} |"


def main():
    films = [film for folder in sys.argv[1:] for film in sorted(Path(folder).rglob("*")) if film.is_file() and film.suffix not in NOT_FILMS]
    if not films:
        print(__doc__, file=sys.stderr)
        return 2
    folder = Path(tempfile.mkdtemp(prefix="swarma-films-"))
    try:
        with Node(folder / "node") as node:
            print("| film | MB | length, s | wall time, s | peak memory, MB | renditions |\n| --- | --- | --- | --- | --- | --- |")
            for film in films:
                print(row(node, film, folder / "node"), flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
