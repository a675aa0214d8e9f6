"""Checks that options and subcommands which the documents name are in the programs' --help.

Usage: documented_options.py REPOSITORY FOLDER_OF_PROGRAMS
"""
import pathlib
import re
import subprocess
import sys

import documents
import source_tree
from source_tree import Finding

PROGRAMS = ("traind", "trainctl", "traind-worker")
# In documents, code stands indented, in fences or between backticks.
SPAN = re.compile(r"`([^`\n]+)`")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]+")
SUBCOMMAND = re.compile(r"^\s*([a-z][a-z-]*)  +\S")
TRAINCTL = re.compile(r"\btrainctl ([a-z][a-z-]*)\b")
# Programs of others: their options are not ours to check.
FOREIGN = re.compile(r"\b(docker|buildah|cmake|ctest|ninja|git|kubectl|promtool|prometheus|systemctl|systemd-\w+|buf|pip|"
                     r"apt-get|curl|openssl|grpcurl|journalctl|clang-tidy|cpack|dpkg|helm)\b|--build-arg")


def help_of(program, *words):
    return subprocess.run([program, *words, "--help"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=30, check=False).stdout


def subcommands(text):
    """The names below a help text's `Subcommands:`."""
    _, _, below = text.partition("Subcommands:\n")
    found = []
    for line in below.splitlines():
        match = SUBCOMMAND.match(line)
        if match is None:
            break
        found.append(match[1])
    return found


def known(root, programs):
    """All options, and trainctl's subcommands. What scripts accept is read from their text."""
    texts = [help_of(programs / name) for name in PROGRAMS]
    commands = subcommands(texts[PROGRAMS.index("trainctl")])
    for command in commands:
        texts.append(help_of(programs / "trainctl", command))
        texts += [help_of(programs / "trainctl", command, below) for below in subcommands(texts[-1])]
    for path in source_tree.files(root):
        if source_tree.is_script(root, path) or path.parts[0] == "bench":
            texts.append("\n".join(line for _, line in source_tree.numbered_lines(root, path)))
    return {option for text in texts for option in OPTION.findall(text)}, set(commands)


def code_in(line, fenced):
    return [line] if fenced or line.startswith("    ") else SPAN.findall(line)


def check(root, options, commands):
    for path in source_tree.files(root):
        if not documents.is_document(path):
            continue
        fenced = False
        for number, line in source_tree.numbered_lines(root, path):
            if line.lstrip().startswith("```"):
                fenced = not fenced
            for code in code_in(line, fenced):
                code = code.split(" #")[0]
                if FOREIGN.search(code):
                    continue
                for option in OPTION.findall(code):
                    if option not in options:
                        yield Finding(path, number, f"{option} is an option of no program or script here")
                for command in TRAINCTL.findall(code):
                    if command not in commands:
                        yield Finding(path, number, f"trainctl has no command {command}")


def main(root, programs):
    options, commands = known(root, programs)
    if not options or not commands:
        sys.exit(f"no help from the programs in {programs}: build them first")
    found = list(check(root, options, commands))
    print(*found, f"{len(options)} options, {len(commands)} commands, {len(found)} findings", sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])))
