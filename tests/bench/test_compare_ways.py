"""Which ways compare.py knows, and in what order they have their turns."""

import argparse
import pathlib
import unittest

import compare
import ways


def options(**changes):
    return argparse.Namespace(**{"build": pathlib.Path("build"), "recipe": "r", "datasets_dir": "d", "batch": 64,
                                 "steps": 10, "threads": 2, "random_images": False, "python": "python", **changes})


class WaysTest(unittest.TestCase):
    def test_a_way_of_ours_names_step_and_precision(self):
        command = list(map(str, ways.make("traind:plain:bf16", options()).command))
        self.assertEqual(command[command.index("--step") + 1], "plain")
        self.assertEqual(command[command.index("--precision") + 1], "bf16")

    def test_a_peer_takes_the_layout_for_its_precision_unless_told(self):
        for name, layout in (("pytorch:compile:bf16", "auto"), ("pytorch:eager:fp32:channels_last", "channels_last")):
            command = list(map(str, ways.make(name, options()).command))
            self.assertEqual(command[command.index("--layout") + 1], layout)

    def test_both_sides_get_the_same_recipe_batch_steps_and_threads(self):
        ours, peer = (list(map(str, ways.make(name, options(batch=128)).command))
                      for name in ("traind:fused:fp32", "pytorch:eager:fp32"))
        for flag, value in (("--recipe", "r"), ("--batch", "128"), ("--steps", "10"), ("--threads", "2")):
            self.assertEqual(ours[ours.index(flag) + 1], value)
            self.assertEqual(peer[peer.index(flag) + 1], value)

    def test_an_unknown_way_is_told_with_those_that_are_known(self):
        for name in ("traind", "traind:fused", "traind:fused:fp16", "jax:eager:fp32", "pytorch:eager"):
            with self.assertRaisesRegex(ways.WayError, f"expected traind:.*, got {name}$"):
                ways.make(name, options())

    def test_random_images_are_for_the_fused_step_alone(self):
        self.assertIsInstance(ways.make("traind:fused:bf16", options(random_images=True)), ways.OurStep)
        with self.assertRaisesRegex(ways.WayError, "got plain"):
            ways.make("traind:plain:fp32", options(random_images=True))

    def test_another_way_begins_in_each_round(self):
        names = ["a", "b", "c"]
        rounds = [compare.order(names, number) for number in range(4)]
        self.assertEqual([each[0] for each in rounds], ["a", "b", "c", "a"])
        for each in rounds:
            self.assertEqual(sorted(each), names)


if __name__ == "__main__":
    unittest.main()
