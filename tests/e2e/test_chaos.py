"""A run whose worker, server and follower are killed again and again ends as the one left in peace.

CHAOS_KILLS says how many kills (30), CHAOS_SEED which ones."""

import json
import os
import pathlib
import random
import signal
import subprocess
import tempfile
import threading
import time
import unittest

from harness import BIN, Traind

KILLS = int(os.environ.get("CHAOS_KILLS", "30"))
SEED = int(os.environ.get("CHAOS_SEED", "1"))
EPOCHS = 60
TIMES = ("train_seconds", "eval_seconds", "data_wait_seconds")
WAIT_SECONDS_MAX = 120


def metrics(events):
    """Figures by kind and step, without times."""
    found = {}
    for event in events:
        for kind in ("train_step", "epoch_started", "epoch_finished"):
            if kind in event:
                figures = {key: value for key, value in event[kind].items() if key not in TIMES}
                key = (kind, figures.get("step") or figures.get("epoch"))
                if key in found:
                    raise AssertionError(f"{key} twice")
                found[key] = figures
    return found


class Follower(threading.Thread):
    """Reads a run's stream with trainctl; a killed reader goes on after the last sequence that it saw."""

    def __init__(self, address, run_id):
        super().__init__(daemon=True)
        self.address, self.run_id = address, run_id
        self.sequences, self.process, self.ended = [], None, threading.Event()

    def run(self):
        while not self.ended.is_set():
            after = self.sequences[-1] if self.sequences else 0
            self.process = subprocess.Popen(
                [BIN / "trainctl", "--server", self.address, "--json", "logs", "-f", self.run_id,
                 "--after", str(after)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            for line in self.process.stdout:
                event = json.loads(line)
                if "sequence" in event:
                    self.sequences.append(int(event["sequence"]))
                    if event.get("state_changed", {}).get("to", "") in (
                            "RUN_STATE_SUCCEEDED", "RUN_STATE_FAILED", "RUN_STATE_CANCELLED"):
                        self.ended.set()
            self.process.stdout.close()
            self.process.wait()

    def kill(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()


class ChaosTest(unittest.TestCase):
    """One server folder; the undisturbed run first."""

    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="traind-chaos-")
        self.addCleanup(self.temporary.cleanup)
        self.folder = pathlib.Path(self.temporary.name)
        self.random = random.Random(SEED)

    def start(self, server):
        return server.json("start", "-d", "--model", "s4", "--epochs", EPOCHS, "--checkpoint-steps", "7",
                           "--max-retries", "1000")["id"]

    def events(self, server, run_id):
        result = server.trainctl("--json", "logs", run_id)
        self.assertEqual(result.returncode, 0, result.stderr)
        return [event for event in map(json.loads, result.stdout.splitlines()) if "sequence" in event]

    def weights(self, version):
        return (self.folder / "data" / "models" / "s4" / str(version) / "model.safetensors").read_bytes()

    def kill_one(self, server, run_id, follower):
        """Kills one of them; returns the server that runs now."""
        what = self.random.choice(("worker", "server", "follower"))
        if what == "follower":
            follower.kill()
            return server
        if what == "server":
            server.process.send_signal(signal.SIGKILL)
            server.process.wait()
            # Where its clients look for it.
            return Traind(self.folder, listen=server.address).__enter__()
        attempts = server.json("describe", run_id).get("attempts", [])
        pid = int(attempts[-1].get("pid", 0)) if attempts and "end_time" not in attempts[-1] else 0
        if pid:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        return server

    def test_thirty_kills_change_no_bit(self):
        server = Traind(self.folder).__enter__()
        try:
            self.assertEqual(server.trainctl("wait", self.start(server), timeout=WAIT_SECONDS_MAX).returncode, 0)
            expected = metrics(self.events(server, "s4-1"))
            run_id = self.start(server)
            follower = Follower(server.address, run_id)
            follower.start()
            kills = 0
            while server.json("describe", run_id)["state"] not in ("RUN_STATE_SUCCEEDED", "RUN_STATE_FAILED"):
                if kills < KILLS:
                    time.sleep(self.random.uniform(0.1, 1))
                    server = self.kill_one(server, run_id, follower)
                    kills += 1
                else:
                    time.sleep(0.2)
            run = server.json("describe", run_id)
            self.assertEqual(run["state"], "RUN_STATE_SUCCEEDED", run.get("error"))
            print(f"{kills} kills, {len(run['attempts'])} attempts")
            self.assertEqual(kills, KILLS)
            self.assertEqual(self.weights(2), self.weights(1))
            events = self.events(server, run_id)
            self.assertEqual(metrics(events), expected)
            follower.join(WAIT_SECONDS_MAX)
            self.assertEqual(follower.sequences, list(range(1, len(events) + 1)))
        finally:
            server.__exit__()
        self.assertEqual([path for path in (self.folder / "data").rglob(".*") if path.name != ".lock"], [])
        workers = subprocess.run(["pgrep", "-f", f"traind-worker.*{self.folder}"], capture_output=True, text=True,
                                 check=False)
        self.assertEqual(workers.stdout, "")


if __name__ == "__main__":
    unittest.main(verbosity=2)
