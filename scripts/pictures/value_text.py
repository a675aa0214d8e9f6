"""Values as Grafana writes them, for the units that the dashboards use."""
import math

BINARY = ("B", "KiB", "MiB", "GiB", "TiB")
DECIMAL = ("", "K", "M", "G")
PER_SECOND = {"reqps": " req/s", "rowsps": " rows/s", "eps": " events/s"}


def significant(value, decimals=None):
    """Three digits that matter, or `decimals` after the point; no zeros at the end."""
    if decimals is None:
        decimals = 0 if value == 0 else max(0, 2 - math.floor(math.log10(abs(value))))
    text = f"{value:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def scaled(value, base, names, decimals):
    power = 0
    while abs(value) >= base and power < len(names) - 1:
        value, power = value / base, power + 1
    return significant(value, decimals), names[power]


def seconds_text(value, decimals=None):
    for limit, factor, name in ((1e-3, 1e6, "µs"), (1, 1e3, "ms"), (60, 1, "s"), (3600, 1 / 60, "min")):
        if abs(value) < limit:
            return f"{significant(value * factor, decimals)} {name}" if value else "0 s"
    return f"{significant(value / 3600, decimals)} h"


def value_text(value, unit, decimals=None):
    """A value in Grafana's unit, such as `percentunit` or `bytes`. ValueError for one not known here."""
    if unit == "none":
        return significant(value, decimals)
    if unit == "short":
        return " ".join(scaled(value, 1000, DECIMAL, decimals)).strip()
    if unit == "percentunit":
        return significant(100 * value, decimals) + "%"
    if unit == "s":
        return seconds_text(value, decimals)
    if unit in ("bytes", "Bps"):
        return " ".join(scaled(value, 1024, BINARY, decimals)) + ("/s" if unit == "Bps" else "")
    if unit in PER_SECOND:
        return "".join(scaled(value, 1000, DECIMAL, decimals)) + PER_SECOND[unit]
    raise ValueError(f"unit {unit}: how to write it is not known here")
