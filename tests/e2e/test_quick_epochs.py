"""Epochs that take less than a millisecond: few checkpoints, and nothing lost or told twice."""

import json
import os
import pathlib
import signal
import tempfile
import time
import unittest

from harness import Traind

EPOCHS = 10000
WAIT_SECONDS_MAX = 100


class QuickEpochsTest(unittest.TestCase):
    """A server of its own for each test."""

    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="traind-e2e-")
        self.addCleanup(self.temporary.cleanup)
        self.folder = pathlib.Path(self.temporary.name)

    def start(self, server):
        return server.json("start", "-d", "--model", "backprop", "--epochs", EPOCHS)["id"]

    def wait_for_epochs(self, server, run_id, count):
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        while (run := server.json("describe", run_id)).get("epochs_finished", 0) < count:
            self.assertLess(time.monotonic(), deadline, run)
        self.assertLess(run["epochs_finished"], EPOCHS, "it was over before it could be disturbed")
        return run

    def end(self, server, run_id):
        """What a run has come to: its weights, its epochs, and how many checkpoints it wrote."""
        self.assertEqual(server.trainctl("wait", run_id).returncode, 0)
        run = server.json("describe", run_id)
        events = [json.loads(line) for line in server.trainctl("--json", "logs", run_id).stdout.splitlines()]
        sequences = [int(event["sequence"]) for event in events if "sequence" in event]
        self.assertEqual(sequences, list(range(1, len(sequences) + 1)))
        epochs = [event["epoch_finished"] for event in events if "epoch_finished" in event]
        self.assertEqual([epoch["epoch"] for epoch in epochs], list(range(1, EPOCHS + 1)))
        checkpoints = sum("checkpoint_written" in event for event in events)
        weights = self.folder / f"data/models/backprop/{run['published_version']}/model.safetensors"
        return weights.read_bytes(), [epoch["eval_loss"] for epoch in epochs], checkpoints

    def test_a_run_that_is_killed_twice_ends_with_the_bits_of_one_that_was_not(self):
        with Traind(self.folder) as server:
            weights, losses, checkpoints = self.end(server, self.start(server))
            # Each epoch is the best so far.
            self.assertLess(checkpoints, EPOCHS / 100)
            disturbed = self.start(server)
            run = self.wait_for_epochs(server, disturbed, 1000)
            os.kill(int(run["attempts"][-1]["pid"]), signal.SIGKILL)
            self.wait_for_epochs(server, disturbed, 2000)
            server.process.send_signal(signal.SIGKILL)
            server.process.wait()
        with Traind(self.folder) as server:
            again = self.end(server, disturbed)
            self.assertEqual(again[0], weights)
            self.assertEqual(again[1], losses)
            # The lost worker and the lost server each left an attempt.
            self.assertEqual(len(server.json("describe", disturbed)["attempts"]), 3)

    def test_whoever_asks_for_each_checkpoint_gets_it(self):
        with Traind(self.folder) as server:
            run_id = server.json("start", "-d", "--model", "backprop", "--epochs", 20, "--checkpoint-epochs", 1)["id"]
            self.assertEqual(server.trainctl("wait", run_id).returncode, 0)
            lines = server.trainctl("--json", "logs", run_id, "--kinds", "checkpoint_written").stdout.splitlines()
            self.assertEqual(sum("checkpoint_written" in json.loads(line) for line in lines), 20)


if __name__ == "__main__":
    unittest.main(verbosity=2)
