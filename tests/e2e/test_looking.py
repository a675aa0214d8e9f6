"""Plots, comparisons, inspections and recipes of a real server, as a person asks for them."""

import json
import re
import unittest

import small_run
from harness import EndToEndTest


class LookingTest(EndToEndTest):
    """Two small runs that differ in one field."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.recipe = cls.folder / "small.textproto"
        cls.recipe.write_text(small_run.RECIPE)
        for rate in ("0.05", "0.001"):
            started = cls.server.trainctl("start", "--recipe", cls.recipe, "--set",
                                          f"optimizer.sgd.learning_rate={rate}")
            assert started.returncode == 0, started.stderr

    def succeed(self, *arguments):
        result = self.server.trainctl(*arguments)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def test_a_plot_of_two_runs_names_what_differs(self):
        file = self.folder / "loss.svg"
        self.succeed("plot", "small-1", "small-2", "--metric", "train_loss", "--x", "epoch", "-o", file)
        picture = file.read_text()
        for text in ("learning_rate", "0.05 (small-1)", "0.001 (small-2)", "Mean training loss of an epoch", "Epoch"):
            self.assertIn(text, picture)

    def test_a_plot_without_a_file_is_drawn_in_the_terminal(self):
        drawn = self.succeed("plot", "small-1", "--metric", "accuracy", "--x", "time")
        self.assertIn("Accuracy on the evaluation split [%]", drawn)
        self.assertIn("Time since the run's start [s]", drawn)

    def test_compare_shows_recipes_and_figures_side_by_side(self):
        text = self.succeed("compare", "small-1", "small-2")
        self.assertRegex(text, r"optimizer\.sgd\.learning_rate +0\.05 +0\.001\n")
        self.assertRegex(text, r"accuracy +\d+\.\d+% +\d+\.\d+%\n")
        self.assertNotIn("batch_size", text)

    def test_inspect_counts_what_the_run_itself_has_counted(self):
        sheet = self.folder / "mistakes.png"
        run = self.server.json("describe", "small-1")
        document = json.loads(self.succeed("inspect", "small-1", "-o", sheet, "--json"))
        self.assertEqual(document["right_count"], int(run["best_epoch"]["eval_correct_count"]))
        self.assertEqual(sum(map(sum, document["confusion_matrix"])), document["row_count"])
        self.assertTrue(sheet.read_bytes().startswith(b"\x89PNG"))
        self.assertRegex(self.succeed("inspect", "small-1"), r"true +0 +1 +2 +3 +4 +5 +6 +7 +8 +9 +recall")

    def test_recipe_check_names_the_field_that_is_wrong(self):
        self.assertIn("good: small, 7 layers", self.succeed("recipe", "check", self.recipe))
        bad = self.folder / "bad.textproto"
        bad.write_text(small_run.RECIPE.replace("kernel_size: 5", "kernel_size: 29"))
        self.assert_refused(self.server.trainctl("recipe", "check", bad), str(bad), "network.layers[0]", "kernel 29")

    def test_recipe_show_applies_changes_and_diff_finds_them(self):
        shown = self.succeed("recipe", "show", self.recipe, "--set", "batch_size=20")
        self.assertRegex(shown, re.compile("^batch_size: 20$", re.MULTILINE))
        changed = self.folder / "changed.textproto"
        changed.write_text(shown)
        self.assertRegex(self.succeed("recipe", "diff", self.recipe, changed), r"\nbatch_size +40 +20\n$")


if __name__ == "__main__":
    unittest.main(verbosity=2)
