#!/usr/bin/env python3
"""Writes docs/reference/commands.md from the program's own help; with --check, fails when it differs.

    SWARMA=build/swarma tools/reference.py [--check]
"""
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reference" / "commands.md"
COMMANDS = ["serve", "publish", "titles", "watch", "link", "policy check", "key show", "blobs adopt", "doctor"]


def help_of(program, command):
    environment = {"HOME": "~", "PATH": os.environ["PATH"]}
    done = subprocess.run([program, *command.split(), "--help"], env=environment, capture_output=True, text=True, check=True)
    return done.stdout.rstrip()


def page(program):
    parts = ["# Commands\n\nMade by `tools/reference.py` from the program's own help. Every option is a flag, the variable that stands beside it "
             "and a key of the same name in the TOML file of `--config`.\n"]
    for command in COMMANDS:
        parts.append(f"## swarma {command}\n\n```\n{help_of(program, command)}\n```\n")
    return "\n".join(parts)


def main():
    program = os.environ.get("SWARMA", str(ROOT / "build" / "swarma"))
    text = page(program)
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(text)
        return 0
    if PAGE.read_text() == text:
        return 0
    print("docs/reference/commands.md is not what the program says. Run: SWARMA=build/swarma tools/reference.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
