"""usage: extract_example.py DOCUMENT NAME OUTPUT: writes the fenced block that
follows `<!-- example: NAME -->` in a Markdown document."""

import pathlib
import re
import sys


def extract(document, name):
    """The text of the example; LookupError when the document has none by that name."""
    pattern = rf"<!-- example: {re.escape(name)} -->\n```\w+\n(.*?)^```$"
    found = re.search(pattern, pathlib.Path(document).read_text(), re.DOTALL | re.MULTILINE)
    if found is None:
        raise LookupError(f"{document} has no example named {name}")
    return found.group(1)


if __name__ == "__main__":
    pathlib.Path(sys.argv[3]).write_text(extract(sys.argv[1], sys.argv[2]))
