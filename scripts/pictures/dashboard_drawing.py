"""Draws a whole dashboard from Prometheus' answers to the dashboard's own queries."""
import io
import math

import matplotlib
from PIL import Image

from panel_drawing import PanelDrawing, Place, Series, legend_name

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402  (after the backend is chosen)

BACKGROUND, TEXT = "#111217", "#ccccdc"
COLUMNS, WIDTH, ROW_PIXELS, GAP, HEAD_PIXELS = 24, 1600, 34, 6, 44
DOTS_PER_INCH = 100
COLOURS = 128


def panel_series(prometheus, panel, variables, start, end):
    """The lines of a panel's queries from `start` to `end`; what is not a number is left out."""
    lines = []
    for target in panel["targets"]:
        for series in prometheus.history(variables.fill(target["expr"]), start, end, "1s"):
            points = [(time, float(value)) for time, value in series["values"] if math.isfinite(float(value))]
            if not points:
                continue
            if panel["options"].get("reduceOptions", {}).get("calcs") == ["last"] and points[-1][0] < end - 2:
                continue  # `last` means now
            lines.append(Series(legend_name(target["legendFormat"], series["metric"]), *map(list, zip(*points))))
    return sorted(lines, key=lambda line: line.name) if len(panel["targets"]) == 1 else lines


def place_of(panel):
    grid = panel["gridPos"]
    column = WIDTH / COLUMNS
    return Place(grid["x"] * column + GAP / 2, HEAD_PIXELS + grid["y"] * ROW_PIXELS + GAP / 2,
                 grid["w"] * column - GAP, grid["h"] * ROW_PIXELS - GAP)


def draw_dashboard(prometheus, dashboard, variables, start, end, target):
    """Writes a PNG to `target` with few enough colours to be small."""
    panels = dashboard["panels"]
    height = HEAD_PIXELS + ROW_PIXELS * max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in panels)
    figure = pyplot.figure(figsize=(WIDTH / DOTS_PER_INCH, height / DOTS_PER_INCH), dpi=DOTS_PER_INCH,
                           facecolor=BACKGROUND)
    drawing = PanelDrawing(figure, WIDTH, height, start, end)
    drawing.text(12, 28, dashboard["title"], fontsize=12, weight="bold")
    for panel in panels:
        place = place_of(panel)
        if panel["type"] == "row":
            drawing.text(place.x + 6, place.y + 20, f"⌄  {panel['title']}", fontsize=10, weight="bold")
        else:
            drawing.draw(panel, place, panel_series(prometheus, panel, variables, start, end))
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", facecolor=BACKGROUND)
    pyplot.close(figure)
    image = Image.open(buffer).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    image.save(target, optimize=True)
