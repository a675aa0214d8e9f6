"""Checks that a build after a change of one core file is short.

Usage: incremental_build.py BUILD_FOLDER FILE SECONDS. The file is only touched,
which is a change to ninja, and the compiler cache is off, so that it compiles.
The shortest of up to three builds counts: other work on the machine only adds.
"""
import os
import resource
import subprocess
import sys
import time


def build(folder):
    """Wall seconds and processor seconds of a build."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    subprocess.run(["cmake", "--build", folder, "-j2"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   check=True, env={**os.environ, "CCACHE_DISABLE": "1"})
    wall = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def check(build_after_change, limit, attempts=3):
    """What is wrong with the shortest build, None where it keeps the limit."""
    for _ in range(attempts):
        wall, processor = build_after_change()
        print(f"{wall:.1f} s, {processor:.1f} s of processor time; at most {limit:.0f} s")
        if wall < 0.5:
            return "nothing was compiled: is the file part of the build?"
        if wall <= limit:
            return None
    return f"a build takes more than {limit:.0f} s each of {attempts} times"


def main(folder, file, limit):
    def build_after_change():
        os.utime(file)
        return build(folder)

    build(folder)  # what was left to do has nothing to do with the file
    print(f"after touching {file}:")
    trouble = check(build_after_change, limit)
    if trouble:
        print(trouble)
    return 1 if trouble else 0


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2], float(sys.argv[3])))
