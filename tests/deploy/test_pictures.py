"""The tools that draw the README's pictures."""
import math
import pathlib
import sys
import tempfile
import unittest
import xml.etree.ElementTree

from PIL import Image

import repository
from queries import Variables

sys.path.insert(0, str(repository.ROOT / "scripts" / "pictures"))
import dashboard_drawing  # noqa: E402
import panel_drawing  # noqa: E402
import terminal_drawing  # noqa: E402
from value_text import value_text  # noqa: E402

SVG = "{http://www.w3.org/2000/svg}"


class ValueTextTest(unittest.TestCase):
    def test_values_are_written_as_grafana_does(self):
        for value, unit, decimals, words in (
                (0.9912, "percentunit", 2, "99.12%"), (0, "s", None, "0 s"), (0.00123, "s", None, "1.23 ms"),
                (0.000045, "s", None, "45 µs"), (90, "s", None, "1.5 min"), (7200, "s", None, "2 h"),
                (1536, "bytes", None, "1.5 KiB"), (2 ** 31, "Bps", None, "2 GiB/s"), (4321, "short", None, "4.32 K"),
                (59.96, "reqps", 1, "60 req/s"), (4500, "rowsps", None, "4.5K rows/s"), (3, "none", 0, "3")):
            self.assertEqual(value_text(value, unit, decimals), words)

    def test_an_unknown_unit_is_refused(self):
        with self.assertRaisesRegex(ValueError, "unit furlong"):
            value_text(1, "furlong")

    def test_every_unit_of_the_drawn_dashboards_is_known(self):
        for name in ("training", "serving"):
            for panel in repository.dashboards()[name]["panels"]:
                if panel["type"] != "row":
                    value_text(1.0, panel["fieldConfig"]["defaults"]["unit"])


class PanelTest(unittest.TestCase):
    def test_a_legend_takes_its_words_from_labels(self):
        self.assertEqual(panel_drawing.legend_name("{{run}} {{ split }}", {"run": "s4-1", "split": "eval"}), "s4-1 eval")
        self.assertEqual(panel_drawing.legend_name("{{model}}", {}), "")

    def test_overrides_go_by_name_or_pattern(self):
        panel = {"fieldConfig": {"overrides": [
            {"matcher": {"id": "byName", "options": "limit"}, "properties": [{"id": "color", "value": "red"}]},
            {"matcher": {"id": "byRegexp", "options": "/ train$/"}, "properties": [{"id": "dash", "value": 1}]}]}}
        self.assertEqual(panel_drawing.override(panel, "limit"), {"color": "red"})
        self.assertEqual(panel_drawing.override(panel, "s4-1 train"), {"dash": 1})
        self.assertEqual(panel_drawing.override(panel, "s4-1 eval"), {})


class FakePrometheus:
    """Gives every query two lines, one of them with a gap and a NaN."""

    labels = ({"run": "s4-1", "split": "train", "model": "s4"}, {"run": "s4-2", "split": "eval", "model": "s4"})

    def history(self, _expression, start, end, _step):
        times = [start + second for second in range(int(end - start) + 1)]
        return [{"metric": labels, "values": [[time, "NaN" if time == start + 3 else str(0.5 + math.sin(time) / 4)]
                                              for time in times]} for labels in self.labels]


class DashboardPictureTest(unittest.TestCase):
    def test_both_dashboards_become_pictures_that_a_readme_can_load(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in ("training", "serving"):
                target = pathlib.Path(folder) / f"{name}.png"
                dashboard_drawing.draw_dashboard(FakePrometheus(), repository.dashboards()[name], Variables(),
                                                 1000, 1060, target)
                self.assertLess(target.stat().st_size, 250_000)
                with Image.open(target) as picture:
                    self.assertEqual(picture.width, dashboard_drawing.WIDTH)

    def test_what_is_not_a_number_is_no_point(self):
        panel = repository.dashboards()["training"]["panels"][0]
        lines = dashboard_drawing.panel_series(FakePrometheus(), panel, Variables(), 1000, 1060)
        self.assertEqual(len(lines[0].times), 60)


class TerminalTest(unittest.TestCase):
    def texts(self, captured):
        root = xml.etree.ElementTree.fromstring(terminal_drawing.terminal_svg(captured, 80, "title"))
        return root.find(f"{SVG}g").findall(f"{SVG}text")

    def test_colours_and_weights_are_kept(self):
        plain, coloured, bold = self.texts("a\x1b[38;5;196mb\x1b[0;1mc")
        self.assertIsNone(plain.get("fill"))
        self.assertEqual(coloured.get("fill"), "#ff0000")  # 196 of xterm's 256 colours
        self.assertEqual((bold.get("fill"), bold.get("font-weight")), (None, "bold"))

    def test_a_style_lasts_over_the_end_of_a_line(self):
        first, second = self.texts("\x1b[32ma\nb")
        self.assertEqual(first.get("fill"), second.get("fill"))
        self.assertLess(float(first.get("y")), float(second.get("y")))

    def test_text_is_escaped(self):
        self.assertEqual([text.text for text in self.texts("<&>")], ["<&>"])

    def test_gray_levels_are_xterms(self):
        self.assertEqual(terminal_drawing.palette_colour(232), "#080808")
        self.assertEqual(terminal_drawing.palette_colour(255), "#eeeeee")


if __name__ == "__main__":
    unittest.main()
