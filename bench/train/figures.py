"""What is made of the measured figures: medians, ratios, shares of the roofline, and the tables of them."""

import statistics

UNKNOWN = "-"


def medians(rates):
    """`rates` has, for each name, the figures of all rounds."""
    return {name: statistics.median(values) for name, values in rates.items()}


def ratios(rates, base):
    """How many times the median of `base` each median is; without that base, nothing."""
    if base not in rates:
        return {}
    middle = medians(rates)
    return {name: value / middle[base] for name, value in middle.items()}


def spread(values):
    """Largest minus least, as a share of the median: what a ratio must exceed to mean something."""
    return (max(values) - min(values)) / statistics.median(values)


def aligned(rows):
    """Rows of texts as lines: the first column to the left, the others to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(text.ljust(width) if column == 0 else text.rjust(width)
                      for column, (text, width) in enumerate(zip(row, widths))).rstrip() for row in rows]


def speed_table(rates, batch, bases):
    """Lines: for each way its median speed, and that as a multiple of the median of each base."""
    bases = [base for base in bases if base in rates]
    against = {base: ratios(rates, base) for base in bases}
    rows = [["way", "it/s", "samples/s", "spread", *(f"x {base}" for base in bases)]]
    for name, middle in medians(rates).items():
        rows.append([name, f"{middle:.1f}", f"{middle * batch:.0f}", f"{100 * spread(rates[name]):.0f}%",
                     *(f"{against[base][name]:.2f}" for base in bases)])
    return aligned(rows)


def roofline_seconds(operations, moved_bytes, peak):
    """The least time that arithmetic and memory allow, and which of the two it is.

    `peak` is what machine_peak measured; without a peak of the arithmetic: (None, UNKNOWN)."""
    if peak.get("operations_per_second") is None:
        return None, UNKNOWN
    arithmetic = operations / peak["operations_per_second"]
    memory = moved_bytes / peak["bytes_per_second"]
    return max(arithmetic, memory), "arithmetic" if arithmetic >= memory else "memory"


def share(least, seconds):
    """Of the time that was taken, what the roofline allows, as text."""
    return UNKNOWN if least is None or seconds <= 0 else f"{100 * least / seconds:.0f}%"


def profile_table(profile, peak):
    """Lines: each stage of a step, forward and backward, with its share of the roofline; then the whole."""
    rows = [["layer", "pass", "ms", "GFLOP/s", "roofline ms", "share", "bound"]]
    total = 0.0
    for stage in profile["stages"]:
        for direction in ("forward", "backward"):
            seconds = stage[f"{direction}_seconds"]
            operations = stage[f"{direction}_operations"]
            least, bound = roofline_seconds(operations, stage[f"{direction}_bytes"], peak)
            total = None if least is None or total is None else total + least
            rows.append([str(stage["layer"]), direction, f"{1e3 * seconds:.3f}", f"{operations / seconds / 1e9:.0f}",
                         UNKNOWN if least is None else f"{1e3 * least:.3f}", share(least, seconds), bound])
    rows.append(["weights", "", f"{1e3 * profile['update_seconds']:.3f}", "", "", "", ""])
    operations = sum(stage[f"{direction}_operations"] for stage in profile["stages"]
                     for direction in ("forward", "backward"))
    rows.append(["step", "", f"{1e3 * profile['step_seconds']:.3f}",
                 f"{operations / profile['step_seconds'] / 1e9:.0f}",
                 UNKNOWN if total is None else f"{1e3 * total:.3f}", share(total, profile["step_seconds"]), ""])
    return aligned(rows)


def summary(values):
    """Mean, least and deviation (of a sample) of some runs' figures."""
    deviation = statistics.stdev(values) if len(values) > 1 else 0.0
    return {"mean": statistics.mean(values), "min": min(values), "max": max(values),
            "median": statistics.median(values), "deviation": deviation}
