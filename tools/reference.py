#!/usr/bin/env python3
"""Writes docs/reference/commands.md and the sample file swarma.toml beside it from the program's own help; with --check,
fails when they differ.

    SWARMA=build/swarma tools/reference.py [--check]
"""
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reference" / "commands.md"
SAMPLE = PAGE.with_name("swarma.toml")
OPTION = re.compile(r"^  --(?P<name>[a-z-]+)(?: (?P<kind>[A-Z]+)(?::[^=(]*)?)?(?:=(?P<default>\S+))?(?: \.\.\.)? \(Env:\w+\)\s+(?P<help>.*)$", re.M)
COMMANDS = ["serve", "agent", "publish", "titles", "watch", "link", "token", "policy check", "verifiers list", "verifiers add", "verifiers remove", "key show", "blobs adopt", "doctor"]


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


def sample(program):
    """A config file with every option of `swarma serve` at its default, all commented out."""
    parts = ["# Every option of `swarma serve`, at its default. Use it with --config FILE. Made by tools/reference.py."]
    for option in OPTION.finditer(re.sub(r"\n {20,}", " ", help_of(program, "serve"))):
        default = option["default"]
        if option["kind"] is None:
            value = "false"
        elif default and default.startswith("["):
            value = str(default[1:-1].split(",")).replace("'", '"')
        elif option["kind"] == "UINT":
            value = default or "0"
        else:
            value = f'"{default or ""}"'
        if option["name"] not in ("config", "json", "quiet"):
            parts.append(f"# {option['help']}\n#{option['name']} = {value}")
    return "\n\n".join(parts) + "\n"


def main():
    program = os.environ.get("SWARMA", str(ROOT / "build" / "swarma"))
    texts = {PAGE: page(program), SAMPLE: sample(program)}
    if "--check" not in sys.argv[1:]:
        for path, text in texts.items():
            path.write_text(text)
        return 0
    other = [path for path, text in texts.items() if not path.exists() or path.read_text() != text]
    for path in other:
        print(f"{path.relative_to(ROOT)} is not what the program says. Run: SWARMA=build/swarma tools/reference.py", file=sys.stderr)
    return 1 if other else 0


if __name__ == "__main__":
    sys.exit(main())
