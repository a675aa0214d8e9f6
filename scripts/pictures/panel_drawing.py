"""Draws one panel of a dashboard in Grafana's dark look, from series that Prometheus gave."""
import datetime
import math
import re
import typing

from matplotlib.patches import FancyBboxPatch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from value_text import value_text

PANEL, BORDER, TEXT, FAINT = "#181b1f", "#2c3235", "#ccccdc", "#8e8e99"
PALETTE = ("#73bf69", "#f2cc0c", "#8ab8ff", "#ff780a", "#f2495c", "#5794f2", "#b877d9", "#705da0", "#37872d", "#fade2a")
NAMED = {"green": "#73bf69", "yellow": "#fade2a", "orange": "#ff9830", "red": "#f2495c", "blue": "#5794f2", "text": TEXT}
TITLE_PIXELS, LEGEND_PIXELS, AXIS_PIXELS = 30, 24, 64
LEGEND_ITEMS_MAX = 8
CHARACTER_PIXELS = 5.8


class Series(typing.NamedTuple):
    """One line: its name in the legend and its points."""

    name: str
    times: list
    values: list


class Place(typing.NamedTuple):
    """A rectangle of the picture in pixels from its upper left corner."""

    x: float
    y: float
    width: float
    height: float


def legend_name(legend, labels):
    """`{{run}} {{split}}` with a series' labels filled in."""
    return re.sub(r"\{\{\s*(\w+)\s*\}\}", lambda found: labels.get(found[1], ""), legend)


def override(panel, name):
    """What the panel sets for the line of this name alone, by property."""
    found = {}
    for entry in panel["fieldConfig"]["overrides"]:
        how, what = entry["matcher"]["id"], entry["matcher"]["options"]
        if (how == "byName" and what == name) or (how == "byRegexp" and re.search(what.strip("/"), name)):
            found.update({item["id"]: item["value"] for item in entry["properties"]})
    return found


def threshold_colour(panel, value):
    colour = TEXT
    for step in panel["fieldConfig"]["defaults"]["thresholds"]["steps"]:
        if step["value"] is None or value >= step["value"]:
            colour = NAMED[step["color"]]
    return colour


class PanelDrawing:
    """Draws panels into one figure of `width` x `height` pixels, each from `start` to `end`."""

    def __init__(self, figure, width, height, start, end):
        self.figure, self.width, self.height = figure, width, height
        self.start, self.end = start, end

    def draw(self, panel, place, series):
        """Draws a panel of a known type with its frame and title. ValueError for other types."""
        self._frame(panel, place)
        draw = {"timeseries": self._graph, "stat": self._stat, "bargauge": self._bars}.get(panel["type"])
        if draw is None:
            raise ValueError(f"panel {panel['title']}: type {panel['type']} cannot be drawn")
        draw(panel, place, series)

    def text(self, x, y, words, **how):
        self.figure.text(x / self.width, 1 - y / self.height, words, **{"color": TEXT, "fontsize": 8.5, **how})

    def _frame(self, panel, place):
        self.figure.add_artist(FancyBboxPatch(
            (place.x / self.width, 1 - (place.y + place.height) / self.height), place.width / self.width,
            place.height / self.height, boxstyle="square,pad=0", facecolor=PANEL, edgecolor=BORDER, linewidth=0.8, zorder=-1,
            transform=self.figure.transFigure))
        self.text(place.x + 10, place.y + 19, panel["title"], weight="bold", fontsize=9)

    def _axes(self, place, left, top, right, bottom):
        return self.figure.add_axes((
            (place.x + left) / self.width, 1 - (place.y + place.height - bottom) / self.height,
            (place.width - left - right) / self.width, (place.height - top - bottom) / self.height), facecolor="none")

    def _style(self, axes, panel):
        defaults = panel["fieldConfig"]["defaults"]
        for spine in axes.spines.values():
            spine.set_visible(False)
        axes.grid(color=BORDER, linewidth=0.6)
        axes.tick_params(colors=FAINT, labelsize=7.5, length=0, pad=4)
        axes.yaxis.set_major_locator(MaxNLocator(5, integer=defaults.get("decimals") == 0))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: value_text(value, defaults["unit"])))
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.xaxis.set_major_formatter(FuncFormatter(
            lambda value, _: datetime.datetime.fromtimestamp(value).strftime("%H:%M:%S")))

    def _graph(self, panel, place, series):
        axes = self._axes(place, AXIS_PIXELS, TITLE_PIXELS + 4, 14, LEGEND_PIXELS + 24)
        defaults = panel["fieldConfig"]["defaults"]
        custom = defaults["custom"]
        self._style(axes, panel)
        colours = self._colours(panel, series)
        if custom["stacking"]["mode"] == "normal":
            self._stack(axes, series, colours)
        else:
            for line, colour in zip(series, colours):
                own = override(panel, line.name)
                style = (0, own["custom.lineStyle"]["dash"]) if "custom.lineStyle" in own else "solid"
                axes.plot(line.times, line.values, color=colour, linewidth=1.2, linestyle=style)
                fill = own.get("custom.fillOpacity", custom["fillOpacity"]) / 100
                if fill:
                    axes.fill_between(line.times, line.values, color=colour, alpha=fill, linewidth=0)
        axes.set_xlim(self.start, self.end)
        self._limits(axes, defaults)
        self._legend(panel, place, series, colours)

    @staticmethod
    def _colours(panel, series):
        own = [override(panel, line.name).get("color", {}).get("fixedColor") for line in series]
        return [NAMED[name] if name else PALETTE[index % len(PALETTE)] for index, name in enumerate(own)]

    @staticmethod
    def _stack(axes, series, colours):
        times = sorted({time for line in series for time in line.times})
        floor = [0.0] * len(times)
        for line, colour in zip(series, colours):
            at = dict(zip(line.times, line.values))
            top = [below + at.get(time, 0.0) for below, time in zip(floor, times)]
            axes.fill_between(times, floor, top, color=colour, alpha=0.6, linewidth=0.8, step="post")
            floor = top

    @staticmethod
    def _limits(axes, defaults):
        low, high = axes.get_ylim()
        axes.set_ylim(defaults.get("min", low), min(high, defaults.get("max", math.inf)))
        limits = [step["value"] for step in defaults["thresholds"]["steps"] if step["value"] is not None]
        for limit in limits:
            if limit <= axes.get_ylim()[1]:
                axes.axhline(limit, color=NAMED["red"], linewidth=0.8, linestyle=(0, (6, 4)))

    def _legend(self, panel, place, series, colours):
        defaults = panel["fieldConfig"]["defaults"]
        x, y = place.x + 14, place.y + place.height - 12
        for line, colour in list(zip(series, colours))[:LEGEND_ITEMS_MAX]:
            words = f"{line.name}  {value_text(line.values[-1], defaults['unit'], defaults.get('decimals'))}"
            needed = CHARACTER_PIXELS * len(words) + 22
            if x + needed > place.x + place.width:
                break
            self.text(x, y, "▬", color=colour, fontsize=8)
            self.text(x + 14, y, words, fontsize=7.5)
            x += needed

    def _stat(self, panel, place, series):
        defaults = panel["fieldConfig"]["defaults"]
        shown = series or [Series("", [], [])]
        for index, line in enumerate(shown):
            centre = place.x + place.width * (index + 0.5) / len(shown)
            value = line.values[-1] if line.values else None
            words = defaults["noValue"] if value is None else value_text(value, defaults["unit"], defaults.get("decimals"))
            colour = TEXT if value is None else threshold_colour(panel, value)
            self.text(centre, place.y + place.height * 0.66, words, fontsize=19, ha="center", va="center", color=colour)
            if panel["options"]["textMode"] == "value_and_name":
                self.text(centre, place.y + place.height * 0.36, line.name, ha="center", va="center")
        if panel["options"]["graphMode"] == "area" and series:
            self._sparkline(panel, place, series[0])

    def _sparkline(self, panel, place, line):
        axes = self._axes(place, 1, place.height * 0.72, 1, 1)
        axes.axis("off")
        colour = threshold_colour(panel, line.values[-1])
        axes.plot(line.times, line.values, color=colour, linewidth=0.9)
        axes.fill_between(line.times, line.values, min(line.values), color=colour, alpha=0.15, linewidth=0)
        axes.set_xlim(self.start, self.end)

    def _bars(self, panel, place, series):
        height = (place.height - TITLE_PIXELS - 12) / max(1, len(series))
        left, right = 70, 64
        for index, line in enumerate(series):
            value = line.values[-1]
            middle = place.y + TITLE_PIXELS + height * (index + 0.5)
            self.text(place.x + 12, middle, line.name, va="center")
            colour = threshold_colour(panel, value)
            width = place.width - left - right
            for part, shade in ((1.0, BORDER), (min(1.0, value), colour)):
                self.figure.add_artist(FancyBboxPatch(
                    ((place.x + left) / self.width, 1 - (middle + height * 0.36) / self.height),
                    max(part * width, 1) / self.width, height * 0.72 / self.height, boxstyle="square,pad=0",
                    facecolor=shade, edgecolor="none", transform=self.figure.transFigure))
            words = value_text(value, panel["fieldConfig"]["defaults"]["unit"], 0)
            self.text(place.x + place.width - 12, middle, words, ha="right", va="center", color=colour, fontsize=10)
