"""Builds a sanitizer's preset and runs the tests that it is for.

Usage: sanitizer.py asan|tsan REPOSITORY [TEST]. Only binaries without the libraries
that the sanitizer does not see through are built, in a folder of their own. With TEST,
an end-to-end test such as e2e_malformed, the programs are built, all of them, and it
runs against these.
"""
import json
import os
import pathlib
import subprocess
import sys

# Libraries that exclude a test. LibTorch's headers would take most of the time;
# gRPC's own synchronisation is invisible to TSan, which reports it as races.
EXCLUDED = {"asan": ("libtorch",), "tsan": ("libtorch", "libgrpc")}
LABELS = "unit|contract"
PROGRAMS = ("traind", "traind-worker", "trainctl")
# LibTorch is not built with the sanitizer: what it puts into a vector is not seen, and
# what it keeps to its end is not ours.
PROGRAM_OPTIONS = {"ASAN_OPTIONS": "detect_container_overflow=0:detect_leaks=0:strict_string_checks=1",
                   "UBSAN_OPTIONS": "print_stacktrace=1"}
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


def run_against_programs(preset, root, test):
    build = f"build/{preset}"
    run(root, "cmake", "--preset", preset)
    run(root, "ninja", "-C", build, "-j", str(JOBS), *PROGRAMS)
    return subprocess.run(["ctest", "--test-dir", build, "--no-tests=error", "--output-on-failure", "-R", f"^{test}$"],
                          cwd=root, stdin=subprocess.DEVNULL, check=False,
                          env={**os.environ, **PROGRAM_OPTIONS}).returncode


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
    if len(sys.argv) not in (3, 4) or sys.argv[1] not in EXCLUDED:
        sys.exit(__doc__)
    repository = pathlib.Path(sys.argv[2])
    sys.exit(run_against_programs(sys.argv[1], repository, sys.argv[3]) if len(sys.argv) == 4
             else main(sys.argv[1], repository))
