"""The recipes that come with traind, each on its own data or on a little of the same kind."""

import pathlib
import re
import struct
import unittest

import numpy

from harness import EndToEndTest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CLASSES = 10


def pictures(rows, shape, seed):
    """Pictures of ten classes, each a pattern of its own under noise."""
    patterns = numpy.random.default_rng(0).integers(0, 2, (CLASSES, *shape)) * 150
    noise = numpy.random.default_rng(seed)
    labels = numpy.arange(rows) % CLASSES
    return (patterns[labels] + noise.integers(0, 100, (rows, *shape))).astype(numpy.uint8), labels.astype(numpy.uint8)


def write_idx(folder, rows):
    """A dataset in MNIST's format."""
    folder.mkdir()
    for prefix, count, seed in (("train", rows, 1), ("t10k", rows // 4, 2)):
        images, labels = pictures(count, (28, 28), seed)
        (folder / f"{prefix}-images-idx3-ubyte").write_bytes(struct.pack(">4I", 2051, count, 28, 28) + images.tobytes())
        (folder / f"{prefix}-labels-idx1-ubyte").write_bytes(struct.pack(">2I", 2049, count) + labels.tobytes())


class RecipesTest(EndToEndTest):
    """Pushes data and trains on one server."""

    def train(self, name, path, *flags, push=()):
        pushed = self.server.trainctl("dataset", "push", name, path, *push)
        self.assertEqual(pushed.returncode, 0, pushed.stderr)
        started = self.server.trainctl("start", "--recipe", ROOT / "recipes" / f"{name}.textproto", *flags)
        self.assertEqual(started.returncode, 0, started.stdout + started.stderr)
        run = self.server.json("describe", f"{name}-1")
        self.assertEqual(run["state"], "RUN_STATE_SUCCEEDED")
        return run

    def right_of(self, name, rows):
        """How many of the evaluation rows are answered right."""
        predicted = self.server.trainctl("predict", "--model", name, "--dataset", f"{name}:test", "--index", f"0..{rows - 1}")
        self.assertEqual(predicted.returncode, 0, predicted.stderr)
        return int(re.search(r"(\d+) of \d+ right", predicted.stdout).group(1))

    def test_wine_knows_nearly_all_wines(self):
        self.train("wine", ROOT / "recipes/data/wine.csv", push=("--label-column", "cultivar"))
        self.assertGreaterEqual(self.right_of("wine", 36), 33)

    def test_fashion_mnist_learns_from_files_in_the_format_of_mnist(self):
        write_idx(self.folder / "pictures", 640)
        # The average of the weights needs more steps than these.
        self.train("fashion-mnist", self.folder / "pictures", "--epochs", "6", "--set", "ema.decay=0.5")
        self.assertGreaterEqual(self.right_of("fashion-mnist", 160), 80)


if __name__ == "__main__":
    unittest.main()
