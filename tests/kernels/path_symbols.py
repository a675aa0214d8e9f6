"""Checks that what is compiled for one instruction set cannot stand in for what all run.

Usage: path_symbols.py OBJECT…

The linker keeps one of several definitions of an inline function. If a file compiled for AVX-512
had one of a function that other files have too, processors without AVX-512 could get that one.
"""
import pathlib
import re
import subprocess
import sys

PATH_FILE = re.compile(r"_(avx|amx)\w*\.cc\.o$")
# Weak and unique symbols: those that other files may define as well.
SHARED_SYMBOL = re.compile(r"^[0-9a-f]* *[WVu] (.+)$")
# Names of types that only such files include.
OWN = re.compile(r"\b(Avx2Lanes|Avx512Lanes|Bf16Lanes|Bf16WeightGradientPath"
                 r"|AmxTiles|Bf16Pairs|Bf16Transpose)\b")


def leaks(symbols):
    """The shared symbols in nm's output that say nothing of an instruction set."""
    shared = (SHARED_SYMBOL.match(line) for line in symbols.splitlines())
    return [match[1] for match in shared if match and not OWN.search(match[1])]


def main(objects):
    paths = [path for path in objects if PATH_FILE.search(path)]
    found = False
    for path in paths:
        output = subprocess.run(["nm", "--demangle", "--defined-only", path], check=True,
                                capture_output=True, text=True).stdout
        for symbol in leaks(output):
            found = True
            print(f"{pathlib.Path(path).name}: {symbol} may replace the one that all processors run")
    if not paths:
        print("expected objects of files named *_avx*.cc and *_amx.cc, got none: fix tests/kernels/CMakeLists.txt")
    return 1 if found or not paths else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
