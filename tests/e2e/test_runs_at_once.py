"""Runs that train at once share out the cores, and do not touch each other's results."""

import os
import pathlib
import tempfile
import time
import unittest

from harness import Traind

WAIT_SECONDS_MAX = 100


@unittest.skipIf(len(os.sched_getaffinity(0)) < 2, "two runs at once need two cores")
class RunsAtOnceTest(unittest.TestCase):
    """A server with two slots on two cores."""

    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="traind-e2e-")
        self.addCleanup(self.temporary.cleanup)
        self.folder = pathlib.Path(self.temporary.name)

    def traind(self):
        return Traind(self.folder, "--train-slots", "2", "--train-cores", "2")

    def start(self, server, *flags):
        return server.json("start", "-d", "--model", "s4", *flags)["id"]

    def until_all_run(self, server, run_ids):
        """Until one list shows all of them as RUNNING."""
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        while True:
            states = {run["id"]: run["state"] for run in server.json("runs")["runs"]}
            if all(states[run_id] == "RUN_STATE_RUNNING" for run_id in run_ids):
                return
            self.assertLess(time.monotonic(), deadline, states)
            time.sleep(0.02)

    def finished(self, server, run_id):
        """The run, once it has succeeded."""
        self.assertEqual(server.trainctl("wait", run_id).returncode, 0)
        return server.json("describe", run_id)

    def weights(self, run):
        version = run["published_version"]
        return (self.folder / f"data/models/s4/{version}/model.safetensors").read_bytes()

    def test_two_runs_at_once_end_with_the_bits_of_each_alone(self):
        seeds = (1, 2)
        with self.traind() as server:
            alone = [self.finished(server, self.start(server, "--epochs", 4, "--seed", seed)) for seed in seeds]
            run_ids = [self.start(server, "--epochs", 4, "--seed", seed) for seed in seeds]
            self.until_all_run(server, run_ids)
            together = [self.finished(server, run_id) for run_id in run_ids]
        for run in alone + together:
            self.assertEqual(run["execution"]["thread_count"], 1)
        self.assertNotEqual(self.weights(alone[0]), self.weights(alone[1]))
        for one, other in zip(alone, together):
            self.assertEqual(self.weights(one), self.weights(other))

    def test_a_run_with_the_threads_of_all_cores_waits_until_it_is_alone(self):
        with self.traind() as server:
            small = self.start(server, "--epochs", 10000)
            self.until_all_run(server, [small])
            big = self.start(server, "--epochs", 1, "--threads", 2)
            self.assertIn("waiting for all 2 cores of cpu for its 2 threads, 1 free (position 1)",
                          server.json("describe", big)["state_reason"])
            self.assertEqual(server.trainctl("kill", small).returncode, 0)
            self.assertEqual(self.finished(server, big)["execution"]["thread_count"], 2)

    def test_more_slots_than_cores_are_refused_in_one_line(self):
        with self.assertRaisesRegex(AssertionError, "--train-slots: expected at most 2, .* got 3"):
            with Traind(self.folder, "--train-slots", "3", "--train-cores", "2"):
                pass


if __name__ == "__main__":
    unittest.main(verbosity=2)
