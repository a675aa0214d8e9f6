"""Processes come and go; runs and streams do not."""

import os
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest

from harness import BIN, Traind


class SurvivalTest(unittest.TestCase):
    """Kills and restarts of the server and of clients."""

    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="traind-e2e-")
        self.addCleanup(self.temporary.cleanup)
        self.folder = pathlib.Path(self.temporary.name)

    def start_detached(self, server, epochs):
        return server.json("start", "-d", "--model", "s4", "--epochs", str(epochs))["id"]

    def wait_for_epochs(self, server, run_id, count):
        deadline = time.monotonic() + 100
        while server.json("describe", run_id).get("epochs_finished", 0) < count:
            self.assertLess(time.monotonic(), deadline)

    def test_a_killed_server_goes_on_with_its_run_and_repeats_no_event(self):
        with Traind(self.folder) as server:
            run_id = self.start_detached(server, 4)
            self.wait_for_epochs(server, run_id, 1)
            worker = int(server.json("describe", run_id)["attempts"][-1]["pid"])
            server.process.send_signal(signal.SIGKILL)
            server.process.wait()
        deadline = time.monotonic() + 20
        while pathlib.Path(f"/proc/{worker}").exists():
            self.assertLess(time.monotonic(), deadline, "the worker outlived its server")
        with Traind(self.folder) as server:
            self.assertEqual(server.trainctl("wait", run_id).returncode, 0)
            run = server.json("describe", run_id)
            self.assertEqual(len(run["attempts"]), 2)
            finished = [line for line in server.trainctl("logs", run_id).stdout.splitlines()
                        if line.startswith("Epoch:")]
            self.assertEqual(finished, [f"Epoch:  {n}" for n in range(1, 5)])

    def weights(self, version):
        return (self.folder / "data" / "models" / "s4" / str(version) / "model.safetensors").read_bytes()

    def test_kills_and_a_stop_change_no_bit_of_the_result(self):
        with Traind(self.folder) as server:
            first = server.json("start", "-d", "--model", "s4", "--epochs", "4")["id"]
            self.assertEqual(server.trainctl("wait", first).returncode, 0)
            run_id = server.json("start", "-d", "--model", "s4", "--epochs", "4", "--checkpoint-steps", "5")["id"]
            self.wait_for_epochs(server, run_id, 1)
            os.kill(int(server.json("describe", run_id)["attempts"][-1]["pid"]), signal.SIGKILL)
            self.wait_for_epochs(server, run_id, 2)
            server.process.send_signal(signal.SIGKILL)
            server.process.wait()
        with Traind(self.folder) as server:
            self.wait_for_epochs(server, run_id, 3)
        with Traind(self.folder) as server:  # after an orderly stop
            self.assertEqual(server.trainctl("wait", run_id).returncode, 0)
            run = server.json("describe", run_id)
        self.assertEqual(len(run["attempts"]), 4)
        self.assertEqual(self.weights(2), self.weights(1))

    def test_sigterm_stops_cleanly_within_the_deadline(self):
        with Traind(self.folder) as server:
            self.start_detached(server, 10000)
            begin = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            self.assertEqual(server.process.wait(timeout=40), 0, server.log.read_text())
            self.assertLess(time.monotonic() - begin, 30)

    def test_ctrl_c_detaches_and_the_run_goes_on(self):
        with Traind(self.folder) as server:
            command = [BIN / "trainctl", "--server", server.address, "start", "--model", "s4",
                       "--epochs", "10000"]
            client = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                      text=True)
            deadline = time.monotonic() + 60
            while "RUN_STATE_RUNNING" not in str(server.json("runs")):
                self.assertLess(time.monotonic(), deadline)
            client.send_signal(signal.SIGINT)
            out, err = client.communicate(timeout=30)
            self.assertEqual(client.returncode, 130, out + err)
            self.assertIn("trainctl logs", out + err)
            self.assertIn("RUN_STATE_RUNNING", str(server.json("describe", "s4-1")))
            self.assertEqual(server.trainctl("cancel", "s4-1").returncode, 0)
            self.assertEqual(server.trainctl("wait", "s4-1").returncode, 1)
            self.assertIn("RUN_STATE_CANCELLED", str(server.json("describe", "s4-1")))

    def test_predict_works_while_a_training_runs(self):
        with Traind(self.folder) as server:
            self.assertEqual(
                server.trainctl("start", "--model", "s4", "--epochs", "1").returncode, 0)
            run_id = self.start_detached(server, 10000)
            self.wait_for_epochs(server, run_id, 1)
            predicted = server.trainctl("predict", "--model", "s4", "--dataset", "mnist:test",
                                        "--index", "0..9")
            self.assertEqual(predicted.returncode, 0, predicted.stderr)
            self.assertEqual(server.json("describe", run_id)["state"], "RUN_STATE_RUNNING")
            self.assertEqual(server.trainctl("cancel", run_id, "--force").returncode, 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
