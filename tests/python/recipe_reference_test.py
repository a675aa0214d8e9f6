"""Tests scripts/recipe-reference on small protos."""
import importlib.machinery
import importlib.util
import pathlib
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "recipe-reference"

PROTO = """
syntax = "proto3";
package traind.v1;

// All of it.
message Recipe {
  // Its name,
  // for `a|b` and 2 * 3 * 4.
  string name = 1;
  // Layers.
  repeated Layer layers = 2;
  // Shares.
  repeated double shares = 3;
  // How good.
  Grade grade = 4;
}

// One layer.
message Layer {
  // Its kind.
  oneof kind {
    // max(x, 0).
    Relu relu = 1;
    // x * Phi(x).
    Gelu gelu = 2;
    // Layers in layers.
    Block block = 3;
  }
  // It stays.
  bool frozen = 63;
}

// max(x, 0).
message Relu {}

// x * Phi(x), exactly.
message Gelu {}

// A block.
message Block {
  // Its own.
  repeated Layer layers = 1;
}

// Grades.
enum Grade {
  // None.
  GRADE_UNSPECIFIED = 0;
  // The best.
  GRADE_BEST = 1;
}

// Of another message.
message Stranger {
  // Never reached.
  int32 field = 1;
}
"""


def load():
    """The script as a module."""
    loader = importlib.machinery.SourceFileLoader("recipe_reference", str(SCRIPT))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("recipe_reference", loader))
    loader.exec_module(module)
    return module


class RecipeReferenceTest(unittest.TestCase):
    def setUp(self):
        self.script = load()
        self.page = self.script.page([PROTO])

    def test_comment_of_several_lines_is_one_cell_with_signs_escaped_outside_of_code(self):
        self.assertIn("| `name` | text | Its name, for `a\\|b` and 2 \\* 3 \\* 4. |", self.page)

    def test_lists_say_what_they_are_of(self):
        self.assertIn("| `layers` | list of [Layer](#layer) | Layers. |", self.page)
        self.assertIn("| `shares` | list of numbers | Shares. |", self.page)

    def test_choice_stands_apart_from_the_other_fields(self):
        layer = self.page[self.page.index("## Layer"):self.page.index("## Block")]
        self.assertLess(layer.index("One of these:"), layer.index("`relu`"))
        self.assertLess(layer.index("`block`"), layer.index("And besides:"))
        self.assertLess(layer.index("And besides:"), layer.index("`frozen`"))

    def test_message_without_fields_is_told_where_it_is_used(self):
        self.assertIn("| `relu` | `{}` | max(x, 0). |", self.page)
        self.assertIn("| `gelu` | `{}` | x \\* Phi(x), exactly. |", self.page)
        self.assertNotIn("## Relu", self.page)

    def test_message_within_itself_has_one_section(self):
        self.assertEqual(self.page.count("## Block"), 1)
        self.assertEqual(self.page.count("## Layer"), 1)

    def test_enum_lists_its_values(self):
        self.assertIn("| `GRADE_BEST` | The best. |", self.page)

    def test_what_a_recipe_does_not_lead_to_is_left_out(self):
        self.assertNotIn("Stranger", self.page)

    def test_check_fails_until_the_page_is_written_again(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            proto = root / "proto" / "traind" / "v1" / "recipe.proto"
            proto.parent.mkdir(parents=True)
            (root / "docs").mkdir()
            proto.write_text(PROTO, encoding="utf-8")
            self.assertEqual(self.script.main(["--check"], root), 1)
            self.assertEqual(self.script.main([], root), 0)
            self.assertEqual(self.script.main(["--check"], root), 0)
            proto.write_text(PROTO.replace("All of it.", "Most of it."), encoding="utf-8")
            self.assertEqual(self.script.main(["--check"], root), 1)


if __name__ == "__main__":
    unittest.main()
