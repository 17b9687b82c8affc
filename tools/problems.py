#!/usr/bin/env python3
"""Keeps src/api/problems/problems.json, the list of everything that can go wrong, true to the sources, and writes
docs/reference/problems.md from it.

    tools/problems.py [ROOT]            writes the page; exit 1 if the list does not hold
    tools/problems.py [ROOT] --check    writes nothing; the page must be up to date too

A problem has a slug, and exactly one ErrorCode wherever it is made in src/. The list holds each slug once, in order.
"""
import collections
import json
import re
import sys
from pathlib import Path

LIST = "src/api/problems/problems.json"
PAGE = "docs/reference/problems.md"
MEMBERS = ["code", "status", "what", "do"]
CODE = re.compile(r"\bErrorCode::(\w+)")
SLUG = re.compile(r'"([a-z][a-z0-9_]+)"')


def next_argument(text, at):
    """The end of the argument that `at` is in: a comma or bracket outside of brackets and texts."""
    depth, quoted = 0, False
    while at < len(text):
        c = text[at]
        if quoted:
            at += c == "\\"
            quoted = c != '"'
        elif c == '"':
            quoted = True
        elif c in "([{":
            depth += 1
        elif c in ")]}" or c == ";" or (c == "," and depth == 0):
            if c in ",;" or depth == 0:
                return at
            depth -= 1
        at += 1
    return at


def slugs_of(text, start, expression):
    """The slugs an expression may be: literals, a named constant, or what callers of the enclosing helper hand over."""
    if found := SLUG.findall(expression):
        return found
    if name := re.search(r"\b(k[A-Z]\w*)", expression):
        return re.findall(rf'\b{name[1]}\b(?:\(| = )"([a-z0-9_]+)"', text)
    if re.search(r"\breason\b", expression):
        helpers = re.findall(r"\b(\w+)\([^()]*\breason\b[^()]*\) (?:const )?{", text[:start])
        return re.findall(rf'\b{helpers[-1]}\("([a-z0-9_]+)"', text) if helpers else []
    return []


def problems_in(text):
    """(code, slugs, position) for each error that a source makes; no slugs where they cannot be told. Errors without a
    sentence do not leave their file."""
    for match in CODE.finditer(text):
        end = next_argument(text, match.end())
        argument = text[match.end():end]
        if end == len(text) or text[end] != "," or "==" in argument or not re.match(r"\s*(:|$)", argument):
            continue
        last = next_argument(text, end + 1)
        expression = text[end + 1:last]
        if expression.strip().startswith(("ErrorCode", "std::string message")) or re.match(r',\s*""', text[last:]):
            continue
        yield match[1], slugs_of(text, match.start(), expression), match.start()


def read_sources(root, complain):
    codes = collections.defaultdict(lambda: collections.defaultdict(list))
    for path in sorted((root / "src").rglob("*")):
        if path.suffix not in (".cpp", ".h") or re.search(r"_test\.cpp$|_testing\.", path.name):
            continue
        text = path.read_text()
        line = lambda at: f"{path.relative_to(root)}:{text.count(chr(10), 0, at) + 1}"
        for code, slugs, at in problems_in(text):
            if not slugs:
                complain(f"{line(at)}: this script cannot tell the slug; write it as a literal")
            for slug in slugs:
                codes[slug][code].append(line(at))
        if path.name != "problem.cpp":
            for match in re.finditer(r"\berror(\(\))?\.(reason|code) = ", text):
                complain(f"{line(match.start())}: changes the slug or the code of an error; make a new one")
    return codes


def check(root, listed, complain):
    codes = read_sources(root, complain)
    for slug, places in sorted(codes.items()):
        if len(places) > 1:
            complain(f"{slug} has several codes: " + "; ".join(f"{code} at {', '.join(at)}" for code, at in places.items()))
        elif slug not in listed:
            complain(f"{slug} ({list(places)[0]}) is not in {LIST}")
        elif listed[slug]["code"] not in places:
            complain(f"{slug} is {list(places)[0]} in the sources and {listed[slug]['code']} in {LIST}")
    for slug in listed:
        if slug not in codes:
            complain(f"{slug} is in {LIST} and made nowhere")
        if list(listed[slug]) != MEMBERS:
            complain(f"{slug} in {LIST} must have the members {', '.join(MEMBERS)}")
    if list(listed) != sorted(listed):
        complain(f"{LIST} is not in order")


def page(listed):
    lines = ["# Problems", "",
             "Made by `tools/problems.py` from `src/api/problems/problems.json`. A refusal of a node is a problem document "
             "(RFC 9457), whose `type` ends in one of these names, `/problems/<name>`, where the node serves the same words; the program "
             "prints the name in front of its sentence. A name keeps its meaning, and has one status, for good.", "",
             "| name | status | what happened | what to do |", "| --- | --- | --- | --- |"]
    lines += [f"| `{slug}` | {item['status']} | {item['what']} | {item['do']} |" for slug, item in listed.items()]
    return "\n".join(lines) + "\n"


def main():
    arguments = [a for a in sys.argv[1:] if a != "--check"]
    root = Path(arguments[0] if arguments else __file__).resolve()
    root = root if arguments else root.parent.parent
    broken = []
    listed = json.loads((root / LIST).read_text())
    check(root, listed, broken.append)
    if "--check" not in sys.argv[1:]:
        (root / PAGE).write_text(page(listed))
    elif (root / PAGE).read_text() != page(listed):
        broken.append(f"{PAGE} is not what {LIST} says. Run: tools/problems.py")
    for sentence in broken:
        print(sentence)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
