"""Recipes as PyTorch's side of bench/train reads them."""

import pathlib
import unittest

import recipe_text

RECIPES = pathlib.Path(__file__).resolve().parents[2] / "recipes"


class RecipeTextTest(unittest.TestCase):
    def test_fields_are_lists_in_order_and_messages_are_dictionaries(self):
        self.assertEqual(recipe_text.parse('name: "a"  # a comment\nlayers { relu {} } layers { conv2d { k: 3 } }'),
                         {"name": ["a"], "layers": [{"relu": [{}]}, {"conv2d": [{"k": [3]}]}]})

    def test_values_have_their_types(self):
        self.assertEqual(recipe_text.parse("a: 1 b: -1.5 c: 1e-4 d: true e: NAME f: [1, 2]"),
                         {"a": [1], "b": [-1.5], "c": [1e-4], "d": [True], "e": ["NAME"], "f": [1, 2]})

    def test_a_mistake_is_told_with_its_line(self):
        for text, what in (("a: 1\nb {", "line 2: expected the name of a field or }, got the end"),
                           ("a: 1\n}", "line 2: expected the name of a field or the end, got }"),
                           ("a: {b: }", "line 1: expected a value, got }"),
                           ("a: 1\n\n;", "line 3: expected a name, a value or a bracket, got ';'")):
            with self.assertRaises(recipe_text.RecipeError) as caught:
                recipe_text.parse(text)
            self.assertEqual(str(caught.exception), what)

    def test_the_recipes_of_the_repository_can_be_read(self):
        recipe = recipe_text.parse((RECIPES / "s4-classic.textproto").read_text())
        self.assertEqual(recipe["optimizer"], [{"sgd": [{"learning_rate": [0.01], "momentum": [0.9]}]}])
        self.assertEqual(len(recipe["network"][0]["layers"]), 18)
        self.assertEqual(recipe_text.only(recipe, "batch_size"), 64)

    def test_a_field_that_is_absent_has_its_default(self):
        self.assertEqual(recipe_text.only({}, "momentum", 0), 0)


if __name__ == "__main__":
    unittest.main()
