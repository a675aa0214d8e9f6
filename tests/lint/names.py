"""Checks that no file is named after what it is not: a thing with one purpose."""
import re
import sys

import source_tree
from source_tree import Finding

VAGUE = ("util", "utils", "utility", "utilities", "helper", "helpers", "common", "manager", "misc")
WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+")


def vague_word(name):
    """The first vague word in a file or folder name, such as `FooManager` or `grpc_utils`."""
    return next((word for word in WORD.findall(name) if word.lower() in VAGUE), None)


def check(root):
    for path in source_tree.files(root):
        for part in path.parts:
            word = vague_word(part)
            if word is not None:
                yield Finding(path, 1, f"`{word}` says nothing: name it after the one thing that it does")


if __name__ == "__main__":
    sys.exit(source_tree.main(check))
