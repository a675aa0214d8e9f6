"""Writes man pages and shell completion for traind and trainctl, from what their --help tells.

Usage: generate.py VERSION TRAIND TRAINCTL OUT. Makes OUT/man, OUT/bash and OUT/zsh."""
import pathlib
import sys

import cli_help
import completion
import man_page

HERE = pathlib.Path(__file__).resolve().parent


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def main(version, traind, trainctl, out):
    out = pathlib.Path(out)
    for name, program in (("traind", traind), ("trainctl", trainctl)):
        command = cli_help.read(program, name)
        page = f"{name}.1"
        write(out / "man" / page, man_page.render((HERE / f"{page}.in").read_text("utf-8"), command, version))
        write(out / "bash" / name, completion.bash((HERE / "completion.bash.in").read_text("utf-8"), command))
        write(out / "zsh" / f"_{name}", completion.zsh((HERE / "completion.zsh.in").read_text("utf-8"), command))


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    main(*sys.argv[1:])
