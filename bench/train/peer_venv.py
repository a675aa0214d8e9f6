"""A Python with PyTorch for the peers: a virtual environment from requirements.txt, made once."""

import hashlib
import pathlib
import subprocess
import sys

# The interpreter whose wheels the sums are of.
PYTHON = (3, 11)
REQUIREMENTS = pathlib.Path(__file__).resolve().parent / "requirements.txt"


def python_of(folder):
    """The interpreter of the environment in `folder`, which is made when it is not there or is of other pins.

    pip checks the sum of each file; some 3 GB are fetched the first time."""
    folder = pathlib.Path(folder)
    stamp, pins = folder / "stamp", hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    python = folder / "bin/python"
    if stamp.exists() and stamp.read_text() == pins:
        return python
    if sys.version_info[:2] != PYTHON:
        raise SystemExit(f"an environment with PyTorch: expected Python {PYTHON[0]}.{PYTHON[1]}, this is "
                         f"{sys.version.split()[0]}; run this script by that one, or name a Python with torch: --python")
    print(f"making an environment with PyTorch in {folder}", flush=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--only-binary=:all:",
                    "-r", REQUIREMENTS], check=True)
    stamp.write_text(pins)
    return python
