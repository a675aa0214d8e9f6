"""Builds the fuzzers and runs each for some seconds, from its corpus in tests/fuzz/corpus.

Usage: run_fuzzers.py REPOSITORY SECONDS. What a fuzzer finds on its way stays in
build/fuzz/corpus and is where it goes on from the next time; the input that made it
fail is kept in build/fuzz/failures, and its path is printed. Copy it into the
corpus, mend the bug, and it is tried first from then on.
"""
import pathlib
import subprocess
import sys

JOBS = 2
INPUT_BYTES_MAX = 1 << 16
MEMORY_MIB_MAX = 2048
SECONDS_PER_INPUT_MAX = 10
# Further texts to start from.
MORE_CORPUS = {"recipe_text": "recipes"}


def run(root, *command):
    return subprocess.run([str(part) for part in command], cwd=root, stdin=subprocess.DEVNULL, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")


def build(root):
    for command in (["cmake", "--preset", "fuzz"], ["ninja", "-C", "build/fuzz", "-j", JOBS, "fuzzers"]):
        done = run(root, *command)
        if done.returncode != 0:
            sys.exit(done.stdout)


def names(root):
    return sorted(path.stem for path in (root / "tests/fuzz/targets").glob("*.cc"))


def folders(root, name):
    """Where new inputs go, and those to start from."""
    found = root / "build/fuzz/corpus" / name
    found.mkdir(parents=True, exist_ok=True)
    kept = root / "tests/fuzz/corpus" / name
    if not any(kept.iterdir()):
        sys.exit(f"{kept} is empty")
    return [found, kept] + ([root / MORE_CORPUS[name]] if name in MORE_CORPUS else [])


def fuzz(root, name, seconds):
    """True when the fuzzer found nothing wrong."""
    failures = root / "build/fuzz/failures" / name
    failures.mkdir(parents=True, exist_ok=True)
    done = run(root, root / f"build/fuzz/bin/fuzz_{name}", f"-max_total_time={seconds}", f"-max_len={INPUT_BYTES_MAX}",
               f"-rss_limit_mb={MEMORY_MIB_MAX}", f"-timeout={SECONDS_PER_INPUT_MAX}", "-print_final_stats=1",
               f"-artifact_prefix={failures}/", *folders(root, name))
    counts = [line.split(":")[-1].strip() for line in done.stdout.splitlines() if "number_of_executed_units" in line]
    print(f"{name}: {'passed' if done.returncode == 0 else 'FAILED'}, {''.join(counts) or 'no'} inputs in {seconds} s", flush=True)
    if done.returncode != 0:
        print(done.stdout[-8000:])
    # Nothing executed is no result.
    return done.returncode == 0 and bool(counts) and int(counts[0]) > 0


def main(root, seconds):
    build(root)
    passed = [fuzz(root, name, seconds) for name in names(root)]
    return 0 if passed and all(passed) else 1


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve(), int(sys.argv[2])))
