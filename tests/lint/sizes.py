"""Checks that no code file is too large to read in one sitting."""
import sys

import source_tree
from source_tree import Finding

BYTES_MAX = 20 * 1024


def check(root):
    for path in source_tree.files(root):
        size = (root / path).stat().st_size
        if source_tree.is_code(root, path) and size > BYTES_MAX:
            yield Finding(path, 1, f"{size} bytes, at most {BYTES_MAX}: is there a second file in it?")


if __name__ == "__main__":
    sys.exit(source_tree.main(check))
