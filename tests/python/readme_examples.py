"""Takes a marked example out of README.md, so that a test can run what readers copy.

Usage: readme_examples.py NAME prints the fenced code below `<!-- example: NAME -->`.
"""
import pathlib
import re
import sys

README = pathlib.Path(__file__).resolve().parents[2] / "README.md"


def extract(text, name):
    """The code of the example; KeyError names the examples there are."""
    examples = dict(re.findall(r"^<!-- example: (\S+) -->\n```\w*\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))
    if name not in examples:
        raise KeyError(f"no example {name}; there are {', '.join(sorted(examples)) or 'none'}")
    return examples[name]


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.stdout.write(extract(README.read_text(encoding="utf-8"), sys.argv[1]))
