"""Runs a foreign linter over the repository: shell, format, proto or breaking.

Usage: tools.py shell|format|proto|breaking REPOSITORY. A linter that is not installed is
a failure: a check that does not run would look like one that passes.
"""
import pathlib
import shutil
import subprocess
import sys

import source_tree

OWN_ROOT = pathlib.Path(__file__).resolve().parents[2]


def shell_scripts(root):
    for path in source_tree.files(root):
        if path.suffix == ".sh" or (source_tree.is_script(root, path) and
                                    "sh" in source_tree.numbered_lines(root, path)[0][1]):
            yield str(path)


def sources(root):
    return [str(path) for path in source_tree.files(root) if path.suffix in {".cc", ".h"}]


def command(name, root):
    """The linter's command line, to be run in `root`; None when there is nothing to check."""
    if name == "shell":
        files = list(shell_scripts(root))
        return ["shellcheck", "-x", *files] if files else None
    if name == "format":
        files = sources(root)
        return ["clang-format", "--dry-run", "-Werror", "--style=file", *files] if files else None
    buf = str(OWN_ROOT / ".deps" / "python" / "bin" / "buf")
    if name == "proto":
        return [buf, "lint", "proto"]
    if name == "breaking":
        return [buf, "breaking", "proto", "--against", str(OWN_ROOT / "tests" / "lint" / "proto_baseline.binpb")]
    raise ValueError(f"no linter {name}; there are shell, format, proto and breaking")


def run(name, root):
    """The linter's exit code and what it printed."""
    arguments = command(name, root)
    if arguments is None:
        return 0, "nothing to check"
    if shutil.which(arguments[0]) is None:
        return 127, f"{arguments[0]} is missing. Run scripts/setup."
    result = subprocess.run(arguments, cwd=root, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, check=False)
    return result.returncode, result.stdout


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    code, output = run(sys.argv[1], pathlib.Path(sys.argv[2]))
    print(output)
    sys.exit(code)
