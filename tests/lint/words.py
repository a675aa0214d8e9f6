"""Checks for words that should not be left in a finished tree."""
import re
import sys

import source_tree
from source_tree import Finding

# Written in halves, so that this file does not find itself.
RULES = (
    (re.compile(r"\bTO" r"DO\b(?!\(#\d+\))"), "write it as an issue and name it: TO" "DO(#12)"),
    (re.compile(r"\b(FIX" r"ME|X" r"XX|HA" r"CK)\b"), "mend it, or write it as an issue"),
    (re.compile(r"\bnot imple" r"mented\b", re.IGNORECASE), "finish it, or leave it out"),
    (re.compile(r"^\s*(<{7}|>{7})( |$)"), "a merge that was not finished"),
    (re.compile(r"(?<![\w.:$}])/(wo" r"rk|fa" r"rm|ro" r"ot|ho" r"me|Us" r"ers)/"), "a path of one machine"),
)


def check(root):
    for path in source_tree.files(root):
        for number, line in source_tree.numbered_lines(root, path):
            for pattern, remedy in RULES:
                match = pattern.search(line)
                if match is not None:
                    yield Finding(path, number, f"`{match[0].strip()}`: {remedy}")


if __name__ == "__main__":
    sys.exit(source_tree.main(check))
