"""Checks that what README and docs/ name is there: scripts, links, examples."""
import os
import re
import sys

import source_tree
from source_tree import Finding

SCRIPT = re.compile(r"(?<![\w/.-])((?:scripts|\.ci)/[A-Za-z0-9_.-]+[A-Za-z0-9])")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
EXAMPLE = re.compile(r"<!-- example: (\S+) -->")


def is_document(path):
    return path.suffix == ".md" and path.parts[0] in {"README.md", "CHANGELOG.md", "docs"}


def script_findings(root, path, number, line):
    for name in SCRIPT.findall(line):
        file = root / name
        if not file.exists():
            yield Finding(path, number, f"{name} does not exist")
        elif not file.suffix and file.is_file() and not os.access(file, os.X_OK):
            yield Finding(path, number, f"{name} is not executable")


def link_findings(root, path, number, line):
    for target in LINK.findall(line):
        if "://" not in target and not (root / path.parent / target).exists():
            yield Finding(path, number, f"link to {target}, which does not exist")


def check(root):
    for path in source_tree.files(root):
        if not is_document(path):
            continue
        lines = source_tree.numbered_lines(root, path)
        for number, line in lines:
            yield from script_findings(root, path, number, line)
            yield from link_findings(root, path, number, line)
            if EXAMPLE.search(line) and not (number < len(lines) and lines[number][1].startswith("```")):
                yield Finding(path, number, "an example's mark stands on the line above its fence")


if __name__ == "__main__":
    sys.exit(source_tree.main(check))
