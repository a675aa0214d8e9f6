"""The installed tree that these tests look at, and what its files are.

The test runner sets TRAIND_TREE (a tree that was moved after installing),
TRAIND_BUILD and TRAIND_SOURCE (where it came from)."""
import os
import pathlib
import subprocess

TREE = pathlib.Path(os.environ["TRAIND_TREE"])
BUILD = pathlib.Path(os.environ["TRAIND_BUILD"])
SOURCE = pathlib.Path(os.environ["TRAIND_SOURCE"])


def files(root):
    """Every file below `root`, as paths from there."""
    return {str(path.relative_to(root)) for path in root.rglob("*") if not path.is_dir()}


def elf_files(root):
    """Programs and shared libraries below `root`."""
    for path in sorted(root.rglob("*")):
        if path.is_file() and path.suffix != ".a":
            with open(path, "rb") as file:
                if file.read(4) == b"\x7fELF":
                    yield path


def run(*command, **options):
    """What the command prints; a failure tells everything that it said."""
    result = subprocess.run(list(map(str, command)), capture_output=True, text=True, stdin=subprocess.DEVNULL,
                            check=False, **options)
    if result.returncode != 0:
        raise AssertionError(f"{command} ended with {result.returncode}:\n{result.stdout}{result.stderr}")
    return result.stdout


def install(prefix, *options):
    """Installs the build into `prefix`."""
    run("cmake", "--install", BUILD, "--prefix", prefix, *options)
