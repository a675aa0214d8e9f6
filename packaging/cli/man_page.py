"""Fills the lists of options and commands into the template of a man page."""
import re


def escape(text):
    """`text` as roff that prints it unchanged."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("`", "\\(ga")
    return re.sub(r"^([.'])", r"\\&\1", escaped)


def tag(option):
    names = ", ".join(f"\\fB{escape(name)}\\fR" for name in option.names)
    return names + (f" \\fI{escape(option.metavar)}\\fR" if option.metavar else "")


def sentences(option):
    """What the option's paragraph says, one sentence each."""
    if option.names[-1] == "--help":
        yield "Print a help message and exit."
        return
    yield option.description + "."
    if option.choices:
        yield f"One of {', '.join(option.choices)}."
    # The limits of a type say nothing about the option.
    if option.range and not re.search(r" - (2147483647|9223372036854775807)$", option.range):
        yield f"Within {option.range.replace(' - ', ' to ')}."
    if option.needs:
        yield f"Goes with {option.needs}."
    if option.excludes:
        yield f"Not with {' or '.join(option.excludes.split())}."
    if option.required:
        yield "Required."
    if option.default:
        yield f"Default: {option.default.replace('|', ' for root, else ')}."
    if option.environment:
        yield f"Environment: {option.environment}."


def option_list(options):
    lines = []
    for option in options:
        lines += [".TP", tag(option), *map(escape, sentences(option))]
    return lines


def synopsis(command, above=""):
    parts = [f"\\fB{escape(above + command.name)}\\fR"]
    for positional in command.positionals:
        name = f"\\fI{escape(positional.metavar)}\\fR" + ("..." if positional.repeated else "")
        parts.append(name if positional.required else f"[{name}]")
    return " ".join([*parts, "[\\fIOPTION\\fR...]"])


def rule_sentence(rule):
    names = " and ".join(option.names[-1] if option.names[-1].startswith("-") else option.metavar for option in rule.options)
    return rule.text.replace("the following options", names) + "."


def command_list(commands, above=""):
    """The commands; one with commands of its own is told by these, as `recipe check`."""
    lines = []
    for command in commands:
        if command.subcommands:
            lines += command_list(command.subcommands, f"{above}{command.name} ")
            continue
        lines += [f".SS {synopsis(command, above)}", escape(command.description) + "."]
        lines += [escape(rule_sentence(rule)) for rule in command.rules]
        arguments = [option for option in command.options if option.names[-1] != "--help"]
        lines += option_list(arguments)
    return lines


def render(template, command, version):
    """`template` with @VERSION@, and with the lines @OPTIONS@ and @COMMANDS@ filled in."""
    lists = {"@OPTIONS@": option_list(command.options), "@COMMANDS@": command_list(command.subcommands)}
    lines = []
    for line in template.replace("@VERSION@", version).splitlines():
        lines += lists.get(line, [line])
    return "\n".join(lines) + "\n"
