"""What the s4 recipe promises on the whole of MNIST. Takes minutes."""

import tempfile
import unittest

from harness import DATASETS, Traind

TRAINING_SECONDS_MAX = 1500
# 99.40%, the S4 assignment's target, of 10,000 test images.
CORRECT_MIN = 9940


class AccuracyTest(unittest.TestCase):
    """The main job at full size."""

    def test_the_last_epoch_of_s4_reaches_the_assignments_target_in_fewer_than_20_epochs(self):
        with tempfile.TemporaryDirectory(prefix="traind-e2e-") as folder:
            with Traind(folder, datasets=DATASETS) as server:
                trained = server.trainctl("start", "--model", "s4", timeout=TRAINING_SECONDS_MAX)
                self.assertEqual(trained.returncode, 0, trained.stderr)
                last = server.json("describe", "s4-1")["last_epoch"]
        self.assertEqual(last["eval_sample_count"], "10000")
        self.assertLess(last["epoch"], 20)
        self.assertGreaterEqual(int(last["eval_correct_count"]), CORRECT_MIN, trained.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
