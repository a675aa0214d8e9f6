"""Runs are paused, resumed, killed and deleted; a server stops and starts under load."""

import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest

from harness import BIN, Traind

WAIT_SECONDS_MAX = 100


class LifecycleTest(unittest.TestCase):
    """What an operator does to runs and to the server while they work."""

    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="traind-e2e-")
        self.addCleanup(self.temporary.cleanup)
        self.folder = pathlib.Path(self.temporary.name)

    def until(self, holds, what):
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        while not holds():
            self.assertLess(time.monotonic(), deadline, what)
            time.sleep(0.02)

    def start(self, server, epochs, *flags):
        return server.json("start", "-d", "--model", "s4", "--epochs", epochs, *flags)["id"]

    def state(self, server, run_id):
        return server.json("describe", run_id)["state"].removeprefix("RUN_STATE_")

    def until_state(self, server, run_id, state):
        self.until(lambda: self.state(server, run_id) == state, f"{run_id} is not {state}")

    def until_step(self, server, run_id, step):
        def there():
            progress = server.json("describe", run_id).get("progress", {})
            return int(progress.get("step_in_epoch", 0)) >= step
        self.until(there, f"{run_id} has not come to step {step}")

    def weights(self, version):
        return (self.folder / f"data/models/s4/{version}/model.safetensors").read_bytes()

    def test_a_pause_within_an_epoch_changes_no_bit_of_the_result(self):
        with Traind(self.folder) as server:
            undisturbed = self.start(server, 2)
            self.assertEqual(server.trainctl("wait", undisturbed).returncode, 0)
            run_id = self.start(server, 2)
            self.until_step(server, run_id, 5)
            self.assertEqual(server.trainctl("pause", run_id).returncode, 0)
            self.until_state(server, run_id, "PAUSED")
            other = self.start(server, 1)  # the slot is free
            self.assertEqual(server.trainctl("wait", other).returncode, 0)
        with Traind(self.folder) as server:  # a pause outlives the server
            self.assertEqual(self.state(server, run_id), "PAUSED")
            self.assertEqual(server.trainctl("resume", run_id).returncode, 0)
            self.assertEqual(server.trainctl("wait", run_id).returncode, 0)
            run = server.json("describe", run_id)
        self.assertEqual(len(run["attempts"]), 2)
        self.assertEqual(self.weights(3), self.weights(1))

    def test_a_deleted_run_leaves_no_file_and_its_model_stays(self):
        with Traind(self.folder) as server:
            run_id = self.start(server, 1)
            refused = server.trainctl("delete", run_id)
            self.assertEqual(refused.returncode, 1)
            self.assertIn("cancel it first", refused.stderr)
            self.assertEqual(server.trainctl("wait", run_id).returncode, 0)
            self.assertTrue((self.folder / "data/runs" / run_id).exists())
            self.assertEqual(server.trainctl("delete", run_id).returncode, 0)
            self.assertFalse((self.folder / "data/runs" / run_id).exists())
            self.assertFalse((self.folder / "data/logs" / run_id).exists())
            gone = server.trainctl("describe", run_id)
            self.assertEqual(gone.returncode, 1)
            self.assertIn("NOT_FOUND", gone.stderr)
            self.assertEqual(server.trainctl("predict", "--model", "s4", "--dataset", "mnist:test",
                                             "--index", "0").returncode, 0)
            self.assertEqual(self.start(server, 1), "s4-2")

    def test_a_kill_ends_even_a_worker_that_does_not_answer(self):
        with Traind(self.folder) as server:
            run_id = self.start(server, 10000)
            self.until_step(server, run_id, 1)
            worker = int(server.json("describe", run_id)["attempts"][-1]["pid"])
            os.kill(worker, signal.SIGSTOP)
            self.assertEqual(server.trainctl("kill", run_id).returncode, 0)
            self.assertEqual(self.state(server, run_id), "CANCELLED")
            self.until(lambda: not pathlib.Path(f"/proc/{worker}").exists(), "the worker lives on")

    def test_a_cancel_ends_a_worker_that_does_not_answer_by_its_deadline(self):
        with Traind(self.folder) as server:
            run_id = self.start(server, 10000)
            self.until_step(server, run_id, 1)
            os.kill(int(server.json("describe", run_id)["attempts"][-1]["pid"]), signal.SIGSTOP)
            begin = time.monotonic()
            self.assertEqual(server.trainctl("cancel", run_id, "--grace", "1s").returncode, 0)
            self.until_state(server, run_id, "CANCELLED")
            self.assertLess(time.monotonic() - begin, 15)

    def test_a_second_signal_hurries_a_shutdown(self):
        with Traind(self.folder, "--shutdown-grace", "300") as server:
            run_id = self.start(server, 10000)
            self.until_step(server, run_id, 1)
            worker = int(server.json("describe", run_id)["attempts"][-1]["pid"])
            os.kill(worker, signal.SIGSTOP)
            server.process.send_signal(signal.SIGTERM)
            self.until(lambda: "shutting down" in server.log.read_text(), "no shutdown")
            with self.assertRaises(subprocess.TimeoutExpired):
                server.process.wait(timeout=2)
            server.process.send_signal(signal.SIGTERM)
            self.assertEqual(server.process.wait(timeout=30), 0)
        with Traind(self.folder) as server:  # nothing is lost by that
            self.until_step(server, run_id, 1)
            self.assertEqual(server.trainctl("kill", run_id).returncode, 0)

    def test_a_restart_under_load_fails_no_call_and_loses_no_event(self):
        with Traind(self.folder) as server:
            self.assertEqual(server.trainctl("wait", self.start(server, 1)).returncode, 0)
            run_id = self.start(server, 6)
            load = subprocess.Popen([BIN / "predict_load", server.address, "s4", "2"],
                                    stdout=subprocess.PIPE, text=True)
            self.addCleanup(load.kill)
            follower = subprocess.Popen(
                [BIN / "trainctl", "--server", server.address, "--json", "logs", "-f", run_id],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            self.addCleanup(follower.kill)
            self.until_step(server, run_id, 1)
            address = server.address
        for _ in range(2):
            with Traind(self.folder, listen=address) as server:
                self.until_state(server, run_id, "RUNNING")
        with Traind(self.folder, listen=address) as server:
            lines, errors = follower.communicate(timeout=WAIT_SECONDS_MAX)
            load.send_signal(signal.SIGTERM)
            answer = load.communicate(timeout=WAIT_SECONDS_MAX)[0]
        self.assertEqual(follower.returncode, 0, errors)
        sequences = [int(event["sequence"]) for event in map(json.loads, lines.splitlines())
                     if "sequence" in event]
        self.assertEqual(sequences, list(range(1, len(sequences) + 1)))
        calls, failures, *first = answer.split(" ", 2)
        self.assertEqual(failures, "0", f"of {calls} calls: {first}")
        self.assertGreater(int(calls), 100)


if __name__ == "__main__":
    unittest.main(verbosity=2)
