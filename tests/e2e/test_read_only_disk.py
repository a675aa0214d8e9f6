"""A data directory in which nothing may be written: from the start, or from some moment on.

Root may write anywhere, so as root the server runs as the user nobody."""

import os
import pathlib
import shutil
import tempfile
import time
import unittest

from harness import Traind
import small_run

NOBODY = 65534
WAIT_SECONDS_MAX = 60


class ReadOnlyDiskTest(unittest.TestCase):
    """A folder that belongs to the user of the server."""

    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="traind-ro-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.recipe, datasets = small_run.prepare(self.folder)
        self.data = self.folder / "data"
        self.data.mkdir()
        as_nobody = ()
        if os.geteuid() == 0:
            if shutil.which("setpriv") is None:
                self.skipTest("root may write anywhere, and there is no setpriv to become another user")
            as_nobody = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
            for path in (self.folder, self.data):
                os.chown(path, NOBODY, NOBODY)
        self.server = Traind(self.folder, datasets=datasets, prefix=as_nobody)

    def ended(self, run_id):
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        while (run := self.server.json("describe", run_id))["state"] not in small_run.ENDED:
            self.assertLess(time.monotonic(), deadline, f"{run}\n{self.server.log.read_text()}")
        return run

    def start(self, *flags):
        return self.server.trainctl("start", "-d", "--recipe", self.recipe, *flags).stdout.strip()

    def assert_refuses_to_start(self, *parts):
        with self.assertRaises(AssertionError):
            self.server.__enter__()
        self.assertEqual(self.server.process.returncode, 1)
        last = self.server.log.read_text().splitlines()[-1]
        for part in ("traind: ", "ermission denied", *parts):
            self.assertIn(part, last)

    def test_a_server_refuses_an_empty_directory_that_it_may_not_write(self):
        self.data.chmod(0o555)
        self.assert_refuses_to_start(f"{self.data}/")

    def test_a_server_refuses_a_used_directory_that_it_may_not_write(self):
        with self.server:
            pass
        for path in (*self.data.rglob("*"), self.data):
            path.chmod(0o555 if path.is_dir() else 0o444)
        self.assert_refuses_to_start(f"{self.data}/")

    def test_a_directory_that_becomes_read_only_fails_the_run_and_nothing_else(self):
        with self.server:
            self.assertEqual(self.ended(self.start())["state"], "RUN_STATE_SUCCEEDED")
            # The open database can still be written, as on a file system whose other part is gone.
            for folder in ("runs", "logs", "models"):
                (self.data / folder).chmod(0o555)
            run = self.ended(self.start("--max-retries", "0"))
            self.assertEqual(run["state"], "RUN_STATE_FAILED")
            self.assertIn(f"{self.data}/runs/small-2", run["error"]["message"])
            self.assertIn("ermission denied", run["error"]["message"])
            predicted = self.server.trainctl("predict", "--model", "small", "--dataset", "mnist:test", "--index", "0")
            self.assertEqual(predicted.returncode, 0, predicted.stderr)
            for folder in ("runs", "logs", "models"):
                (self.data / folder).chmod(0o755)
            self.assertEqual(self.ended(self.start())["state"], "RUN_STATE_SUCCEEDED")


if __name__ == "__main__":
    unittest.main(verbosity=2)
