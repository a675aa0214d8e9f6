"""Checks habits that a compiler does not: guards, comments of headers, names of classes, tests
without sleeps, and that CMake knows each source."""
import re
import sys

import names
import source_tree
from source_tree import Finding

PRODUCT = {"server", "client"}
CPP = PRODUCT | {"tests", "bench"}
CLASS = re.compile(r"^\s*(?:class|struct)\s+(?:ABSL_\w+\s+)?([A-Z]\w+)\b(?!.*;$)")
COMMENT = re.compile(r"^\s*//(?! namespace)")
SLEEP = re.compile(r"\b(sleep_for|sleep_until|SleepFor|usleep|nanosleep|sleep)\s*\(")
SOURCE_NAME = re.compile(r"[\w./-]+\.cc\b")


def guard_of(path):
    return f"TRAIND_{re.sub(r'[^A-Z0-9]', '_', str(path).upper())}_"


def header_findings(path, lines):
    code = [line for _, line in lines]
    guard = guard_of(path)
    if f"#ifndef {guard}" not in code or f"#define {guard}" not in code:
        yield Finding(path, 1, f"no include guard {guard}")
    if path.parts[0] in PRODUCT and not any(COMMENT.match(line) for line in code):
        yield Finding(path, 1, "a header without a comment: say what it is for, and what a caller must know")


def line_findings(path, lines):
    for number, line in lines:
        match = CLASS.match(line)
        if match is not None and names.vague_word(match[1]) is not None:
            yield Finding(path, number, f"class {match[1]}: `{names.vague_word(match[1])}` says nothing")
        if path.parts[0] == "tests" and SLEEP.search(line.split("//")[0].split('"')[0]):
            yield Finding(path, number, "a test that sleeps is slow or flaky: wait for what happens, or use FakeClock")


def built_sources(root, paths):
    """The names of all sources in CMake's lists, without folders."""
    found = set()
    for path in paths:
        if path.name == "CMakeLists.txt" or path.suffix == ".cmake":
            text = (root / path).read_text(encoding="utf-8")
            found |= {name.rsplit("/", 1)[-1] for name in SOURCE_NAME.findall(text)}
            # A foreach over subjects makes names such as `${subject}_test.cc`.
            for suffix in re.findall(r"\$\{subject\}(\w*\.cc)", text):
                for subjects in re.findall(r"foreach\(subject ([\w\s]+)\)", text):
                    found |= {subject + suffix for subject in subjects.split()}
    return found


def check(root):
    paths = source_tree.files(root)
    built = built_sources(root, paths)
    for path in paths:
        if path.suffix not in {".cc", ".h"} or path.parts[0] not in CPP:
            continue
        lines = source_tree.numbered_lines(root, path)
        if path.suffix == ".h":
            yield from header_findings(path, lines)
        elif path.name not in built:
            yield Finding(path, 1, "no CMakeLists.txt lists it, so it is never built")
        yield from line_findings(path, lines)


if __name__ == "__main__":
    sys.exit(source_tree.main(check))
