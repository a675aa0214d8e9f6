"""Checks the product with clang: thread-safety (of locks) or tidy (.clang-tidy's list).

Usage: clang_check.py thread-safety|tidy REPOSITORY BUILD_FOLDER. What includes
LibTorch is left out: its headers alone take clang longer than all the rest.
"""
import pathlib
import shutil
import sys
import time

import compile_units

EXCLUDED = "libtorch"


CHECKS = {"thread-safety": "clang++", "tidy": "clang-tidy"}


def command_maker(check, root):
    """The function from a file and its options to the command line that checks it."""
    if check == "thread-safety":
        return lambda file, options: ["clang++", "-fsyntax-only", "-Wno-everything", "-Wthread-safety",
                                      "-Werror=thread-safety", "-Wformat", "-Werror=format", *options, str(file)]
    # The list's text in the command: after a change of it everything is checked again.
    config = (root / ".clang-tidy").read_text(encoding="utf-8")
    return lambda file, options: ["clang-tidy", "--quiet", f"--config={config}", str(file), "--", "-w", *options]


def main(check, root, build):
    if shutil.which(CHECKS[check]) is None:
        print(f"{CHECKS[check]} is missing. Run scripts/setup.")
        return 127
    start = time.monotonic()
    sources = compile_units.product_sources(root, build, EXCLUDED)
    units = compile_units.units(sources, lambda path: (root / path).read_text(encoding="utf-8"))
    outcomes = compile_units.check_units(root, root / build / "lint" / check, units,
                                          command_maker(check, root))
    failed = [outcome for outcome in outcomes if not outcome.passed]
    for outcome in failed:
        print(outcome.output)
    print(f"{len(sources)} sources in {len(units)} units ({sum(outcome.cached for outcome in outcomes)} unchanged), "
          f"{len(failed)} with findings, {time.monotonic() - start:.0f} s")
    return 1 if failed or not sources else 0


if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[1] not in CHECKS:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])))
