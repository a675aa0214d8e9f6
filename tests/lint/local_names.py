"""Checks that the names which a source of the product defines for itself are its own in its
folder: no other source has them, and no header declares a function of that name.

The preset `release` compiles several sources as one (CMake's unity builds). Two definitions
of a name would be an error there or, worse, overloads: a call may mean the other one.
"""
import collections
import re
import sys

import compile_units
import source_tree
from source_tree import Finding

# The same in each source that has it.
SAME = {"static_assert", "fs"}
# They have compiler options of their own, so that they are compiled alone.
ALONE = re.compile(r"_avx\w*\.cc$")
DECLARED = re.compile(r"^(?!using|class|struct|template|namespace|enum)\w[\w:<>,*& ]*?\b(\w+)\(", re.MULTILINE)


def check(root):
    sources, declared = collections.defaultdict(dict), collections.defaultdict(dict)
    for path in source_tree.files(root):
        if path.parts[0] not in compile_units.PRODUCT or path.suffix not in {".cc", ".h"}:
            continue
        text = (root / path).read_text(encoding="utf-8")
        if path.suffix == ".h":
            declared[path.parent].update(dict.fromkeys(DECLARED.findall(text), path.name))
        elif not ALONE.search(path.name):
            for name in compile_units.local_names(text) - SAME:
                sources[path.parent].setdefault(name, []).append(path)
    for folder, names in sources.items():
        for name, paths in sorted(names.items()):
            others = [path.name for path in paths[1:]]
            if name in declared[folder]:
                others.append(declared[folder][name])
            if others:
                yield Finding(paths[0], 1, f"`{name}` is also defined by {', '.join(others)}: "
                              "name them apart, or have it once")


if __name__ == "__main__":
    sys.exit(source_tree.main(check))
