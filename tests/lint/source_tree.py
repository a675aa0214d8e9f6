"""The repository's own files, for the checks beside this one."""
import pathlib
import sys
import typing

# Made by builds and scripts, never part of the repository.
GENERATED = {".git", ".deps", "build", "var", "__pycache__"}
CODE_SUFFIXES = {".cc", ".h", ".proto", ".py", ".sh", ".cmake", ".textproto"}


class Finding(typing.NamedTuple):
    """One thing that is wrong, at a place that an editor can jump to."""

    path: pathlib.Path
    line: int
    message: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.message}"


def files(root):
    """All files below `root`, as sorted paths relative to it."""
    found = []
    for entry in sorted(root.iterdir()):
        if entry.name in GENERATED:
            continue
        if entry.is_dir() and not entry.is_symlink():
            found += [pathlib.Path(entry.name) / path for path in files(entry)]
        elif entry.is_file():
            found.append(pathlib.Path(entry.name))
    return found


def is_script(root, path):
    """True for a file without a suffix that starts with #!, such as scripts/setup."""
    if path.suffix:
        return False
    with open(root / path, "rb") as file:
        return file.read(2) == b"#!"


def is_code(root, path):
    return path.suffix in CODE_SUFFIXES or path.name == "CMakeLists.txt" or is_script(root, path)


def numbered_lines(root, path):
    """Lines of a text file, counted from 1; nothing for a binary file."""
    try:
        return list(enumerate((root / path).read_text(encoding="utf-8").splitlines(), start=1))
    except UnicodeDecodeError:
        return []


def main(check):
    """Runs `check(root)` on the folder given on the command line; exit code 1 if it finds something."""
    if len(sys.argv) != 2:
        print(f"usage: {sys.argv[0]} REPOSITORY", file=sys.stderr)
        sys.exit(2)
    findings = list(check(pathlib.Path(sys.argv[1])))
    for finding in findings:
        print(finding)
    print(f"{len(findings)} findings")
    sys.exit(1 if findings else 0)
