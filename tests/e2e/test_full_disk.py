"""A data directory that has no room left, on a small file system of its own.

Mounting it needs root; without, the tests are skipped."""

import hashlib
import json
import pathlib
import subprocess
import tempfile
import time
import unittest

from harness import Traind
import small_run

DISK_BYTES = 48 << 20
# With room for some of its checkpoints of 3.5 to 5 MB, not for all of them.
BALLAST_BYTES = 20 << 20
WAIT_SECONDS_MAX = 60
WIDE = small_run.RECIPE.replace('name: "small"', 'name: "wide"').replace(
    "layers { linear {", "layers { linear { out_features: 3000 } }\n  layers { linear {").replace(
        "learning_rate: 0.05", "learning_rate: 0.002")


class FullDiskTest(unittest.TestCase):
    """A server on a small tmpfs for each test."""

    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="traind-full-")
        self.addCleanup(temporary.cleanup)
        folder = pathlib.Path(temporary.name)
        self.recipe, datasets = small_run.prepare(folder)
        self.wide = folder / "wide.textproto"
        self.wide.write_text(WIDE)
        self.disk = folder / "disk"
        self.disk.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", self.disk],
                                 capture_output=True, text=True, check=False)
        if mounted.returncode != 0:
            self.skipTest(f"cannot mount a small file system, which needs root: {mounted.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", self.disk], check=True)
        self.data = self.disk / "data"
        self.server = Traind(folder, datasets=datasets, data_dir=self.data)
        self.server.__enter__()
        self.addCleanup(self.server.__exit__)
        self.ballast = self.disk / "ballast"

    def start(self, recipe, *flags):
        started = self.server.trainctl("start", "-d", "--recipe", recipe, "--threads", "1", *flags)
        self.assertEqual(started.returncode, 0, started.stderr)
        return started.stdout.strip()

    def ended(self, run_id):
        """The run when it has ended."""
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        while (run := self.server.json("describe", run_id))["state"] not in small_run.ENDED:
            self.assertLess(time.monotonic(), deadline, f"{run}\n{self.server.log.read_text()}")
        return run

    def fill(self):
        """Takes every byte that is left."""
        with open(self.ballast, "wb", buffering=0) as file:
            for size in (1 << 20, 4096):
                try:
                    while file.write(b"x" * size) > 0:
                        pass
                except OSError:
                    pass

    def assert_serves(self):
        """Runs can be read, and the first model predicts."""
        self.assertIn("small-1", self.server.trainctl("runs").stdout)
        predicted = self.server.trainctl("predict", "--model", "small", "--dataset", "mnist:test", "--index", "0..9")
        self.assertEqual(predicted.returncode, 0, predicted.stderr)

    def assert_checkpoints_whole(self, run_id):
        """Sizes and sums of every checkpoint, as its record says them."""
        folders = sorted((self.data / "runs" / run_id / "checkpoints").iterdir())
        self.assertNotEqual(folders, [])
        for folder in folders:
            for file in json.loads((folder / "training.json").read_text())["files"]:
                content = (folder / file["name"]).read_bytes()
                self.assertEqual(len(content), file["size_bytes"], folder)
                self.assertEqual(hashlib.sha256(content).hexdigest(), file["sha256"], folder)

    def assert_succeeds(self, recipe):
        run = self.ended(self.start(recipe))
        self.assertEqual(run["state"], "RUN_STATE_SUCCEEDED", run.get("error"))

    def assert_ended_for_want_of_room(self, run):
        self.assertEqual(run["state"], "RUN_STATE_FAILED", run)
        self.assertEqual(run["error"]["failure_class"], "FAILURE_CLASS_RESOURCE", run)
        self.assertIn("free some disk space", run["error"]["message"])

    def test_checkpoints_that_fill_the_disk_end_the_run_and_nothing_else(self):
        self.assert_succeeds(self.recipe)
        self.ballast.write_bytes(b"x" * BALLAST_BYTES)
        run_id = self.start(self.wide, "--checkpoint-steps", "2", "--keep-last", "100")
        run = self.ended(run_id)
        self.assert_ended_for_want_of_room(run)
        self.assertIn(f"{self.data}/runs/{run_id}/checkpoints/", run["error"]["message"])
        self.assertEqual(len(run["attempts"]), 1, "a full disk is no reason to try again")
        self.assert_checkpoints_whole(run_id)
        self.assertEqual(small_run.leftovers(self.data), [])
        self.assert_serves()
        self.ballast.unlink()
        self.assert_succeeds(self.wide)

    def test_a_disk_without_a_byte_left_ends_the_run_and_nothing_else(self):
        # Needs the server's reserve, a file that gives its room to the record of the failure.
        self.assert_succeeds(self.recipe)
        # Epochs so quick that most checkpoints would wait in memory: each is asked for.
        run_id = self.start(self.recipe, "--epochs", "10000", "--max-retries", "0", "--checkpoint-epochs", "1")
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        while self.server.json("describe", run_id).get("epochs_finished", 0) < 1:
            self.assertLess(time.monotonic(), deadline)
        self.fill()
        self.assert_ended_for_want_of_room(self.ended(run_id))
        self.assert_checkpoints_whole(run_id)
        self.assert_serves()
        self.ballast.unlink()
        self.assert_succeeds(self.recipe)

    def test_a_server_that_cannot_start_on_a_full_disk_says_why(self):
        self.server.__exit__()
        self.fill()
        for data in (self.data, self.disk / "new"):
            self.server.data_dir = data
            try:
                self.server.__enter__()  # where a reserve was left it may
                self.server.__exit__()
            except AssertionError as refused:
                self.assertEqual(self.server.process.returncode, 1)
                self.assertIn("free some disk space", str(refused).splitlines()[-1])
        self.ballast.unlink()
        self.server.__enter__()
        self.assert_succeeds(self.recipe)


if __name__ == "__main__":
    unittest.main(verbosity=2)
