"""Checks that every ctest has a time limit and a label.

Usage: ctest_settings.py BUILD_FOLDER
"""
import json
import subprocess
import sys


def findings(listing):
    """What is missing, from ctest's JSON."""
    for test in listing["tests"]:
        settings = {entry["name"]: entry["value"] for entry in test.get("properties", [])}
        if not settings.get("TIMEOUT"):
            yield f"{test['name']}: no TIMEOUT: a test that hangs would hang everything"
        if not settings.get("LABELS"):
            yield f"{test['name']}: no LABELS: nobody can leave it out, or run its kind alone"


def main(build):
    text = subprocess.run(["ctest", "--show-only=json-v1"], cwd=build, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          text=True, check=True).stdout
    listing = json.loads(text)
    found = list(findings(listing))
    print(*found, f"{len(listing['tests'])} tests, {len(found)} findings", sep="\n")
    return 1 if found or not listing["tests"] else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
