"""The dashboards as files: complete, tidy, and in the words of the metrics."""
import itertools
import re
import subprocess
import tempfile
import unittest

import yaml

import repository
from queries import Variables, panel_queries

COLUMNS = 24
UIDS = {"training": "traind-training", "serving": "traind-serving", "server": "traind-server"}
# Made by Prometheus itself for each target.
PROMETHEUS_OWN = ("scrape_duration_seconds",)
PREFIXES = ("traind_", "grpc_server_", "process_", "nv_")
METRIC = re.compile(r"\b([a-z][a-z0-9_]*)\{|\b((?:traind|nv|process)_[a-z0-9_]+)\b")


def visible_panels(dashboard):
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


class DashboardTest(unittest.TestCase):
    def setUp(self):
        self.dashboards = repository.dashboards()

    def each_panel(self):
        for name, dashboard in self.dashboards.items():
            for panel in visible_panels(dashboard):
                yield f"{name} / {panel['title']}", panel

    def test_links_to_a_dashboard_stay_good(self):
        self.assertEqual({name: board["uid"] for name, board in self.dashboards.items()}, UIDS)

    def test_every_panel_says_what_it_shows_in_which_unit(self):
        for place, panel in self.each_panel():
            self.assertTrue(panel["description"].endswith("."), place)
            self.assertTrue(panel["fieldConfig"]["defaults"]["unit"], place)
            self.assertTrue(panel["targets"], place)

    def test_every_line_of_a_graph_has_a_legend_of_its_own(self):
        for place, panel in self.each_panel():
            if panel["type"] == "timeseries":
                legends = [target["legendFormat"] for target in panel["targets"]]
                self.assertEqual(len(set(legends)), len(legends), place)
                self.assertNotIn("__auto", legends, place)

    def test_queries_go_to_the_chosen_data_source(self):
        for place, panel in self.each_panel():
            for target in panel["targets"]:
                self.assertEqual(target["datasource"]["uid"], "${datasource}", place)

    def test_the_data_source_chosen_at_first_is_the_provisioned_one(self):
        sources = repository.load_yaml(repository.DEPLOY / "grafana/provisioning/datasources/prometheus.yml")
        for dashboard in self.dashboards.values():
            variable = dashboard["templating"]["list"][0]
            self.assertEqual(variable["type"], "datasource")
            self.assertEqual(variable["current"]["value"], sources["datasources"][0]["uid"])

    def test_panels_neither_overlap_nor_stick_out(self):
        for name, dashboard in self.dashboards.items():
            places = [(panel["title"], panel["gridPos"]) for panel in dashboard["panels"]]
            for title, place in places:
                self.assertLessEqual(place["x"] + place["w"], COLUMNS, f"{name}: {title}")
            for (one, a), (two, b) in itertools.combinations(places, 2):
                apart = (a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"] or
                         a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"])
                self.assertTrue(apart, f"{name}: {one} lies on {two}")

    def test_ids_are_unique(self):
        for name, dashboard in self.dashboards.items():
            ids = [panel["id"] for panel in dashboard["panels"]]
            self.assertEqual(len(set(ids)), len(ids), name)

    def test_metrics_have_a_known_prefix(self):
        for name, dashboard in self.dashboards.items():
            for query in panel_queries(name, dashboard):
                for metric in filter(None, itertools.chain(*METRIC.findall(query.expression))):
                    self.assertTrue(metric.startswith(PREFIXES) or metric in PROMETHEUS_OWN, f"{query}: {metric}")

    def test_promtool_parses_every_query(self):
        queries = [query for name, board in self.dashboards.items() for query in panel_queries(name, board)]
        rules = [{"record": f"query:{number}", "expr": Variables().fill(query.expression)}
                 for number, query in enumerate(queries)]
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
            yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}, file)
            file.flush()
            result = subprocess.run(["promtool", "check", "rules", file.name], capture_output=True, text=True,
                                    check=False)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertIn(f"{len(queries)} rules found", result.stdout)


if __name__ == "__main__":
    unittest.main()
