"""The product's sources as few compilations, for checks that read them with clang.

Most of a compilation is the headers of protobuf, gRPC and Abseil, so sources
with the same options are put into one unit of `#include "….cc"` lines. Options
come from the compile_commands.json of a build that has generated its protos.
"""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import typing

SOURCES_PER_UNIT = 16
JOBS = 2
PRODUCT = ("server", "client")
# What an unnamed namespace defines at the start of a line: two of one name cannot share a unit.
DEFINED = re.compile(r"^(?:(?:class|struct|enum|enum class) (\w+)|[\w:<>,*& ]*?\b(\w+)\s*(?:\(|\{|=|\[|$))")
UNNAMED = re.compile(r"^namespace \{$.*?^\}  // namespace$", re.MULTILINE | re.DOTALL)
MACRO = re.compile(r"^#define (\w+)", re.MULTILINE)


class Source(typing.NamedTuple):
    """One file of the product with the compiler's options for it."""

    path: pathlib.PurePath
    options: tuple


class Unit(typing.NamedTuple):
    """Sources that are compiled as one file."""

    name: str
    sources: tuple
    options: tuple


def options_of(command):
    """What clang needs of a GCC command line: where headers are, macros, the language and the instruction set."""
    options, words = [], iter(shlex.split(command)[1:])
    for word in words:
        if word in {"-I", "-isystem", "-D"}:
            options += [word, next(words)]
        elif word.startswith(("-I", "-D", "-std=", "-m")):
            options.append(word)
    return tuple(options)


def product_sources(root, build, excluded):
    """The product's files, without those that see an include path containing `excluded`."""
    entries = json.loads((root / build / "compile_commands.json").read_text(encoding="utf-8"))
    found = {}
    for entry in entries:
        file = pathlib.PurePath(os.path.normpath(os.path.join(entry["directory"], entry["file"])))
        if not file.is_relative_to(root) or excluded in entry["command"]:
            continue
        path = file.relative_to(root)
        if path.parts[0] in PRODUCT:
            found.setdefault(path, Source(path, options_of(entry["command"])))
    return [found[path] for path in sorted(found)]


def local_names(text):
    """Names that a source defines for itself alone."""
    names = set(MACRO.findall(text))
    for block in UNNAMED.findall(text):
        for line in block.splitlines()[1:-1]:
            match = DEFINED.match(line) if line[:1] not in {"", " ", "/", "}", "#"} else None
            if match is not None:
                names.add(match[1] or match[2])
    return names


def units(sources, text_of, limit=SOURCES_PER_UNIT):
    """Puts sources of one room and the same options together, as far as their names allow."""
    made = []
    for source in sources:
        names = local_names(text_of(source.path))
        key = (source.path.parts[:-1][:2], source.options)
        for unit in made:
            if unit["key"] == key and len(unit["sources"]) < limit and not names & unit["names"]:
                break
        else:
            unit = {"key": key, "sources": [], "names": set()}
            made.append(unit)
        unit["sources"].append(source.path)
        unit["names"] |= names
    return [Unit(f"{'_'.join(unit['sources'][0].with_suffix('').parts)}_and_{len(unit['sources']) - 1}",
                 tuple(unit["sources"]), unit["key"][1]) for unit in made]


def write(root, folder, unit):
    """Writes the unit's file into the folder and returns its path."""
    file = folder / f"{unit.name}.cc"
    file.write_text("".join(f'#include "{root / path}"\n' for path in unit.sources), encoding="utf-8")
    return file


def key_of(command, files):
    """A sum over a command and the contents of all that it reads."""
    total = hashlib.sha256("\0".join(command).encode())
    for file in sorted(files):
        total.update(f"\0{file}\0".encode())
        total.update(pathlib.Path(file).read_bytes())
    return total.hexdigest()


def headers_of(root, file, options):
    """The files that a compilation reads, the system's headers too."""
    listing = subprocess.run(["clang++", *options, "-w", "-M", str(file)], cwd=root, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False).stdout
    return listing.replace("\\\n", " ").split()[1:]


class Outcome(typing.NamedTuple):
    """What a check says of a unit."""

    unit: Unit
    passed: bool
    output: str
    cached: bool


def check_unit(root, folder, unit, command_of):
    """Runs `command_of(file, options)` unless it has passed before on the same contents."""
    file = write(root, folder, unit)
    command = command_of(file, unit.options)
    stamp = folder / f"{unit.name}.passed"
    key = key_of(command, headers_of(root, file, unit.options) + [str(file)])
    if stamp.exists() and stamp.read_text(encoding="utf-8") == key:
        return Outcome(unit, True, "", True)
    result = subprocess.run(command, cwd=root, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, check=False)
    if result.returncode == 0:
        stamp.write_text(key, encoding="utf-8")
    return Outcome(unit, result.returncode == 0, result.stdout, False)


def check_units(root, folder, all_units, command_of):
    """The outcomes for all units, two at a time. A unit that fails is checked again source by
    source: its sources may only not fit into one file, and findings read better so."""
    folder.mkdir(parents=True, exist_ok=True)
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        outcomes = list(pool.map(lambda unit: check_unit(root, folder, unit, command_of), all_units))
        again = [Unit("_".join(path.with_suffix("").parts) + "_alone", (path,), outcome.unit.options)
                 for outcome in outcomes if not outcome.passed and len(outcome.unit.sources) > 1
                 for path in outcome.unit.sources]
        alone = list(pool.map(lambda unit: check_unit(root, folder, unit, command_of), again))
    return [outcome for outcome in outcomes if outcome.passed or len(outcome.unit.sources) == 1] + alone
