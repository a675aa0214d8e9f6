"""Reads recipes, which are protobuf text, as plain dictionaries: all that a peer needs of them."""

import re

TOKEN = re.compile(r"""\s+|\#[^\n]*
    |(?P<text>"(?:[^"\\\n]|\\.)*")
    |(?P<number>-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
    |(?P<word>[A-Za-z_]\w*)
    |(?P<mark>[{}:,\[\]])""", re.VERBOSE)


class RecipeError(Exception):
    """What is wrong with a recipe's text, and in which line."""


def tokens(text):
    """Yields (kind, text, line)."""
    position, line = 0, 1
    while position < len(text):
        match = TOKEN.match(text, position)
        if match is None:
            raise RecipeError(f"line {line}: expected a name, a value or a bracket, got {text[position]!r}")
        if match.lastgroup is not None:
            yield match.lastgroup, match.group(), line
        line += match.group().count("\n")
        position = match.end()
    yield "end", "the end", line


class Reader:
    """Turns tokens into messages: each field a list of its values, in order."""

    def __init__(self, text):
        self.tokens = tokens(text)
        self._advance()

    def _advance(self):
        taken = getattr(self, "next", None)
        self.next = next(self.tokens, ("end", "the end", 0))
        return taken

    def _fail(self, expected):
        raise RecipeError(f"line {self.next[2]}: expected {expected}, got {self.next[1]}")

    def _take(self, text):
        if self.next[1] != text:
            self._fail(text)
        self._advance()

    def message(self, end):
        fields = {}
        while self.next[1] != end:
            if self.next[0] != "word":
                self._fail(f"the name of a field or {end}")
            name = self._advance()[1]
            fields.setdefault(name, []).extend(self.values())
        return fields

    def values(self):
        if self.next[1] == ":":
            self._advance()
        if self.next[1] == "{":
            self._advance()
            inner = self.message("}")
            self._take("}")
            return [inner]
        if self.next[1] == "[":
            return self._list()
        return [self._scalar()]

    def _list(self):
        self._take("[")
        found = []
        while self.next[1] != "]":
            found.append(self._scalar())
            if self.next[1] != "]":
                self._take(",")
        self._take("]")
        return found

    def _scalar(self):
        kind, text, _ = self.next
        if kind not in ("text", "number", "word"):
            self._fail("a value")
        self._advance()
        if kind == "text":
            return text[1:-1]
        if kind == "number":
            return float(text) if re.search(r"[.eE]", text) else int(text)
        return {"true": True, "false": False}.get(text, text)


def parse(text):
    """The recipe as {field: [value, ...]}, messages as dictionaries of the same kind.

    RecipeError names the line."""
    return Reader(text).message("the end")


def only(message, field, default=None):
    """The value of a field that is there at most once."""
    return message.get(field, [default])[-1]
