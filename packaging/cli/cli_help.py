"""Reads the --help of a program that is made with CLI11, for man pages and completion."""
import dataclasses
import os
import re
import subprocess

ENTRY = re.compile(r"^(?: {2}| {4})(\S.*?)(?: {2,}(\S.*))?$")
CONTINUATION = re.compile(r"^ {20,}(\S.*)$")
SECTION = re.compile(r"^ {0,2}(Options|Positionals|Subcommands):$")
GROUP = re.compile(r"^\[Option Group: .*\]$")
GROUP_RULE = re.compile(r"^ {2}\[(.*)\]$")
RANGE = re.compile(r":(?:INT|UINT|FLOAT|NUMBER) in \[(.*?)\]")
# `PATH=VALUE` is what --set takes; any other `=` stands before a default.
DEFAULT = re.compile(r"(?<!PATH)=(\S+)$")


@dataclasses.dataclass
class Option:
    """An option or, when its only name has no dash, a positional argument."""

    names: list
    metavar: str  # empty: a flag
    description: str
    default: str = ""
    environment: str = ""
    choices: tuple = ()
    range: str = ""
    needs: str = ""
    excludes: str = ""
    required: bool = False
    repeated: bool = False


@dataclasses.dataclass
class Command:
    """A program or one of its subcommands."""

    name: str
    description: str
    options: list = dataclasses.field(default_factory=list)
    positionals: list = dataclasses.field(default_factory=list)
    subcommands: list = dataclasses.field(default_factory=list)
    rules: list = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Rule:
    """What holds for some options together, such as `Exactly 1 of the following options is required`."""

    text: str
    options: list = dataclasses.field(default_factory=list)


def take(pattern, text):
    """What `pattern` captures in `text` (empty if nothing), and `text` without the match."""
    match = re.search(pattern, text)
    if match is None:
        return "", text
    return match[1], text[:match.start()] + text[match.end():]


def parse_option(left, description):
    """`left` is the first column, such as `--threads N:INT in [0 - 9]=1 (Env:X) REQUIRED`."""
    excludes, left = take(r" Excludes: (.*)$", left)
    needs, left = take(r" Needs: (.*)$", left)
    required, left = take(r" (REQUIRED)", left)
    environment, left = take(r" ?\(Env:(\w+)\)", left)
    repeated, left = take(r" (\.\.\.)$", left)
    default, left = take(DEFAULT, left)
    bounds, left = take(RANGE, left)
    choices, left = take(r":\{(.*?)\}", left)
    names, _, metavar = left.partition(" ")
    return Option(names.split(","), metavar.strip(), description, default, environment,
                  tuple(choices.split(",")) if choices else (), bounds, needs, excludes, bool(required), bool(repeated))


def entries(lines):
    """Yields (section, left column, description), and ("Rule", text, "") for a group's rule."""
    section, left = None, None
    for line in [*lines, ""]:
        continuation = CONTINUATION.match(line)
        if left is not None and continuation:
            yield section, left, continuation[1]
            left = None
            continue
        if left is not None:
            yield section, left, ""
            left = None
        heading, rule, entry = SECTION.match(line), GROUP_RULE.match(line), ENTRY.match(line)
        if heading:
            section = heading[1]
        elif GROUP.match(line):
            section = None  # its first lines describe the group
        elif rule:
            yield "Rule", rule[1], ""
        elif line and not line.startswith(" "):
            section = None
        elif entry and section and entry[2] is None:
            left = entry[1]
        elif entry and section:
            yield section, entry[1], entry[2]


def parse(name, text):
    """The command that `text`, the output of its --help, describes; subcommands by name only."""
    lines = text.splitlines()
    usage = next(number for number, line in enumerate(lines) if line.startswith("Usage:"))
    command = Command(name, " ".join(lines[:usage]).strip())
    for section, left, description in entries(lines[usage + 1:]):
        if section == "Rule":
            command.rules.append(Rule(left))
        elif section == "Subcommands":
            command.subcommands.append(Command(left, description))
        else:
            option = parse_option(left, description)
            (command.positionals if section == "Positionals" else command.options).append(option)
            if command.rules:  # groups come last
                command.rules[-1].options.append(option)
    if not command.options:
        raise ValueError(f"{name} --help: expected a list of options, got:\n{text}")
    return command


def run_help(program, *arguments):
    """The help's text, with nothing of this machine in the defaults that it tells."""
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith(("TRAIND_", "TRAINCTL_", "XDG_"))}
    text = subprocess.run([program, *arguments, "--help"], check=True, capture_output=True, text=True,
                          env={**environment, "HOME": "~"}, stdin=subprocess.DEVNULL).stdout
    prefix = os.path.dirname(os.path.dirname(os.path.realpath(program)))
    text = text.replace(f"={prefix}/", "=PREFIX/")
    return re.sub(r"(--data-dir TEXT)=\S+", r"\1=/var/lib/traind|~/.local/share/traind", text)


def read(program, name, *words):
    """The command `name`, whose executable is `program`, with all its subcommands and theirs."""
    command = parse(name, run_help(program, *words))
    command.subcommands = [read(program, sub.name, *words, sub.name) for sub in command.subcommands]
    return command
