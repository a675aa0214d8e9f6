"""The PromQL of dashboards and alerts, made ready for Prometheus' HTTP API.

Grafana fills variables into a query before it sends it; here `Variables` does."""
import re
import typing

# A comparison with a number, at the end of an expression or before a set operator.
COMPARISON = re.compile(r"\s*(?:==|!=|>=|<=|>|<)\s*[0-9.e+-]+(?=\s*(?:$|and\b|or\b|unless\b))")


class Variables(typing.NamedTuple):
    """What Grafana would fill in."""

    rate_interval: str = "15s"
    instance: str = ".*"
    model: str = ".*"
    run: str = ".*"

    def fill(self, expression):
        """The expression without variables. ValueError if one is left that Grafana would not know."""
        for name, value in (("$__rate_interval", self.rate_interval), ("$instance", self.instance),
                            ("$model", self.model), ("$run", self.run)):
            expression = expression.replace(name, value)
        if "$" in expression:
            raise ValueError(f"a variable that this test does not know: {expression}")
        return expression


class Query(typing.NamedTuple):
    """One query of one panel."""

    dashboard: str
    panel: str
    expression: str
    legend: str

    def __str__(self):
        return f"{self.dashboard} / {self.panel}: {self.expression}"


def panel_queries(name, dashboard):
    """The queries of a dashboard's panels, in their order."""
    for panel in dashboard["panels"]:
        for target in panel.get("targets", ()):
            yield Query(name, panel["title"], target["expr"], target["legendFormat"])


def measured_part(expression):
    """An alert's expression without its comparisons with numbers: what it watches, alarming or not."""
    return COMPARISON.sub("", expression)
