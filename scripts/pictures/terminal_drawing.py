"""Draws what `tmux capture-pane -e` printed, colours included, as an SVG."""
import html
import re
import typing

SGR = re.compile(r"\x1b\[([0-9;]*)m")
BACKGROUND, FOREGROUND, BAR = "#181b1f", "#d0d0d8", "#2c3235"
BASIC = ("#2e3436", "#f2495c", "#73bf69", "#f2cc0c", "#5794f2", "#b877d9", "#56c7d1", "#d0d0d8",
         "#6e7280", "#ff7383", "#96d98d", "#ffee52", "#8ab8ff", "#ca95e5", "#8fe3ea", "#ffffff")
CELL_WIDTH, LINE_HEIGHT, MARGIN, HEAD = 8.43, 19, 16, 34


class Style(typing.NamedTuple):
    """How a piece of text looks; None: as the terminal's own."""

    colour: str | None = None
    background: str | None = None
    bold: bool = False
    dim: bool = False


def palette_colour(index):
    """A colour of the 256 that terminals know."""
    if index < 16:
        return BASIC[index]
    if index < 232:
        levels = (0, 95, 135, 175, 215, 255)
        index -= 16
        return "#{:02x}{:02x}{:02x}".format(levels[index // 36], levels[index // 6 % 6], levels[index % 6])
    return "#{0:02x}{0:02x}{0:02x}".format(8 + 10 * (index - 232))


def restyled(style, codes):
    """The style after an SGR sequence with these codes. Unknown codes change nothing."""
    codes = list(codes)
    while codes:
        code = codes.pop(0)
        if code == 0:
            style = Style()
        elif code == 1:
            style = style._replace(bold=True)
        elif code == 2:
            style = style._replace(dim=True)
        elif code == 22:
            style = style._replace(bold=False, dim=False)
        elif code in (38, 48):
            field = "colour" if code == 38 else "background"
            if codes[:1] == [5] and len(codes) >= 2:
                style = style._replace(**{field: palette_colour(codes[1])})
                codes = codes[2:]
        elif 30 <= code <= 37 or 90 <= code <= 97:
            style = style._replace(colour=BASIC[code - 30 if code < 90 else code - 82])
        elif 40 <= code <= 47 or 100 <= code <= 107:
            style = style._replace(background=BASIC[code - 40 if code < 100 else code - 92])
        elif code == 39:
            style = style._replace(colour=None)
        elif code == 49:
            style = style._replace(background=None)
    return style


def pieces(line, style):
    """([(text, style)], the style after the line)."""
    found, position = [], 0
    for match in SGR.finditer(line):
        if match.start() > position:
            found.append((line[position:match.start()], style))
        style = restyled(style, [int(code or 0) for code in match[1].split(";")])
        position = match.end()
    if position < len(line):
        found.append((line[position:], style))
    return found, style


def line_svg(text_pieces, y):
    column, parts = 0, []
    for text, style in text_pieces:
        x = MARGIN + column * CELL_WIDTH
        width = len(text) * CELL_WIDTH
        if style.background:
            parts.append(f'<rect x="{x:.1f}" y="{y - 14}" width="{width:.1f}" height="{LINE_HEIGHT}" '
                         f'fill="{style.background}"/>')
        looks = f' fill="{style.colour}"' if style.colour else ""
        looks += ' font-weight="bold"' if style.bold else ""
        looks += ' opacity="0.6"' if style.dim else ""
        if text.strip():
            parts.append(f'<text x="{x:.1f}" y="{y}" textLength="{width:.1f}"{looks}>{html.escape(text)}</text>')
        column += len(text)
    return "".join(parts)


def terminal_svg(captured, columns, title):
    """An SVG of a terminal window with the captured lines; empty ones at the end are left out."""
    lines = captured.rstrip("\n ").split("\n")
    width = round(2 * MARGIN + columns * CELL_WIDTH)
    height = HEAD + MARGIN + LINE_HEIGHT * len(lines)
    rows, style = [], Style()
    for number, line in enumerate(lines):
        found, style = pieces(line, style)
        rows.append(line_svg(found, HEAD + LINE_HEIGHT * (number + 1)))
    dots = "".join(f'<circle cx="{20 + 18 * index}" cy="17" r="5.5" fill="{colour}"/>'
                   for index, colour in enumerate(("#f2495c", "#f2cc0c", "#73bf69")))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">\n'
            f'<rect width="{width}" height="{height}" rx="8" fill="{BACKGROUND}"/>\n'
            f'<path d="M0 8a8 8 0 0 1 8-8h{width - 16}a8 8 0 0 1 8 8v{HEAD - 8}h-{width}z" fill="{BAR}"/>\n{dots}\n'
            f'<text x="{width / 2}" y="22" fill="#8e8e99" font-family="sans-serif" font-size="13" '
            f'text-anchor="middle">{html.escape(title)}</text>\n'
            f'<g fill="{FOREGROUND}" font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="14" '
            f'xml:space="preserve">\n' + "\n".join(row for row in rows if row) + "\n</g>\n</svg>\n")
