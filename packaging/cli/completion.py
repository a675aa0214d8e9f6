"""Fills what a shell may complete into the templates of its completion functions."""

# What the values of an option are, by the word that --help has for them.
KIND_OF_METAVAR = {
    "FILE": "file",
    "FILE|NAME": "file",
    "RUN": "run",
    "NAME": "recipe",
    "MODEL": "model",
    "RUN|MODEL@VERSION": "run",
    "NAME[@VERSION|@ALIAS]": "model",
    "DEVICE": "words auto cpu cuda",
}
# traind's help has the word TEXT for everything.
KIND_OF_NAME = (("-dir", "folder"), ("-file", "file"), ("-cert", "file"), ("-key", "file"), ("-ca", "file"),
                ("config", "file"), ("worker", "file"))


def kind(option):
    """`flag`, `file`, `folder`, `run`, `recipe`, `model`, `words A B`, or `text`: nothing to offer."""
    if option.choices:
        return " ".join(["words", *option.choices])
    if option.metavar in KIND_OF_METAVAR:
        return KIND_OF_METAVAR[option.metavar]
    for ending, kind_ in KIND_OF_NAME:
        if option.names[-1].endswith(ending):
            return kind_
    return "text" if option.metavar else "flag"


def option_names(command):
    return [name for option in command.options for name in option.names]


# --- bash

def commands_below(command, key=""):
    """The command and those below it, each with the words that lead to it, such as `recipe check`."""
    yield key, command
    for sub in command.subcommands:
        yield from commands_below(sub, f"{key} {sub.name}".strip())


def bash_cases(program):
    """Lines of `case` branches: COMMAND) its options, COMMAND) its commands, and COMMAND:NAME) what the values are."""
    options, commands, kinds = [], [], []
    for key, command in commands_below(program):
        if command.subcommands:
            commands.append(f"    '{key}') echo '{' '.join(sub.name for sub in command.subcommands)}' ;;")
        options.append(f"    '{key}') echo '{' '.join(option_names(command))}' ;;")
        for option in command.options:
            names = " | ".join(f"'{key}:{name}'" for name in option.names)
            kinds.append(f"    {names}) echo '{kind(option)}' ;;")
        for positional in command.positionals[:1]:
            kinds.append(f"    '{key}:') echo '{kind(positional)}' ;;")
    return {"@OPTIONS@": options, "@COMMANDS@": commands, "@KINDS@": kinds}


def bash(template, program):
    lines = []
    for line in template.splitlines():
        lines += bash_cases(program).get(line.strip(), [line])
    return "\n".join(lines).replace("@PROGRAM@", program.name) + "\n"


# --- zsh

def quoted(text):
    return "'" + text.replace("'", "'\\''") + "'"


def explanation(text):
    """`text` for the brackets of an _arguments specification."""
    return text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")


def zsh_action(option):
    what, _, words = kind(option).partition(" ")
    actions = {"file": "_files", "folder": "_files -/", "words": f"({words})", "text": "",
               **{name: f"_trainctl_{name}s" for name in ("run", "recipe", "model")}}
    label = (option.metavar or option.names[-1].lstrip("-")).replace(":", "\\:")
    return "" if what == "flag" else f":{label}:{actions[what]}"


def zsh_options(options):
    """One specification per spelling; the spellings of an option exclude each other."""
    for option in options:
        others = f"({' '.join(option.names)})" if len(option.names) > 1 else ""
        repeated = "*" if option.metavar == "PATH=VALUE" else ""
        for name in option.names:
            equals = "=" if name.startswith("--") and kind(option) != "flag" else ""
            yield quoted(f"{others}{repeated}{name}{equals}[{explanation(option.description)}]{zsh_action(option)}")


def zsh_positional(positional):
    return quoted(("*" if positional.repeated else "1") + zsh_action(positional))


def zsh_cases(program):
    lines = []
    for command in program.subcommands:
        lines.append(f"    {command.name})")
        lines += [f"      specs+=({spec})" for spec in zsh_options(command.options)]
        lines += [f"      specs+=({zsh_positional(positional)})" for positional in command.positionals[:1]]
        if command.subcommands:
            names = " ".join(sub.name for sub in command.subcommands)
            lines.append(f"      specs+=({quoted(f'1:action:({names})')} '*:file:_files')")
        lines.append("      ;;")
    return lines


def zsh(template, program):
    blocks = {
        "@OPTIONS@": [f"  specs+=({spec})" for spec in zsh_options(program.options)],
        "@COMMANDS@": [f"  {quoted(command.name + ':' + command.description)}" for command in program.subcommands],
        "@CASES@": zsh_cases(program),
    }
    lines = []
    for line in template.splitlines():
        lines += blocks.get(line.strip(), [line])
    return "\n".join(lines).replace("@PROGRAM@", program.name) + "\n"
