"""Builds a sanitizer's preset and runs the tests that it is for.

Usage: sanitizer.py asan|tsan REPOSITORY. Only binaries without the libraries
that the sanitizer does not see through are built, in a folder of their own.
"""
import json
import pathlib
import subprocess
import sys

# Libraries that exclude a test. LibTorch's headers would take most of the time;
# gRPC's own synchronisation is invisible to TSan, which reports it as races.
EXCLUDED = {"asan": ("libtorch",), "tsan": ("libtorch", "libgrpc")}
LABELS = "unit|contract"
JOBS = 2


def run(root, *command):
    return subprocess.run(command, cwd=root, stdin=subprocess.DEVNULL, check=True)


def output(root, *command):
    return subprocess.run(command, cwd=root, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=True).stdout


def target_of(test):
    """The build target of a test: it has the test's name, without the case of a sample."""
    sample, separator, _ = test.partition("_sample_")
    return sample + "_sample" if separator else test


def wanted(tests, inputs, excluded):
    """The tests whose target has no excluded library among its `inputs(target)`."""
    return [test for test in tests
            if not any(library in path for path in inputs(target_of(test)) for library in excluded)]


def main(preset, root):
    build = f"build/{preset}"
    run(root, "cmake", "--preset", preset)
    listing = json.loads(output(root, "ctest", "--test-dir", build, "-L", LABELS, "--show-only=json-v1"))
    names = wanted([test["name"] for test in listing["tests"]],
                   lambda target: output(root, "ninja", "-C", build, "-t", "inputs", target).splitlines(),
                   EXCLUDED[preset])
    if not names:
        sys.exit(f"no test of the labels {LABELS} is without {', '.join(EXCLUDED[preset])}")
    run(root, "ninja", "-C", build, "-j", str(JOBS), *sorted({target_of(name) for name in names}))
    return subprocess.run(["ctest", "--preset", preset, "-j", str(JOBS), "--no-tests=error",
                           "-R", f"^({'|'.join(names)})$"],
                          cwd=root, stdin=subprocess.DEVNULL, check=False).returncode


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in EXCLUDED:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], pathlib.Path(sys.argv[2])))
