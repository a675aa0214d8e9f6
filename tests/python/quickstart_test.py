"""Tests scripts/quickstart with small stand-ins for setup, build and the binaries."""
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import unittest

SCRIPTS = pathlib.Path(__file__).resolve().parents[2] / "scripts"

# Serves until SIGTERM, as the real one does, and says in the file `stopped` that it was asked to stop.
GOOD_TRAIND = """
echo "traind $*" >>calls
while [ $# -gt 0 ]; do [ "$1" != --address-file ] || file=$2; shift; done
trap 'echo yes >stopped; exit 0' TERM
echo "listening" >&2
echo $$ >pid
printf 'grpc=127.0.0.1:4242\\nmetrics=127.0.0.1:4343\\n' >"$file.tmp" && mv "$file.tmp" "$file"
while :; do read -r -t 1 <>fifo; done
"""
GOOD_TRAINCTL = 'echo "trainctl $*" >>calls\necho "Epoch:  1"\n'


class QuickstartTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.make_script("scripts/setup", "echo setup >>calls\n")
        self.make_script("scripts/build", 'echo "build $*" >>calls\n')
        self.make_script("build/release/bin/traind", GOOD_TRAIND)
        self.make_script("build/release/bin/trainctl", GOOD_TRAINCTL)
        for name in ("quickstart", "steps.sh"):
            shutil.copy(SCRIPTS / name, self.root / "scripts" / name)
        os.mkfifo(self.root / "fifo")
        self.addCleanup(self.kill_server)

    def make_script(self, name, body):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("#!/usr/bin/env bash\n" + body, encoding="utf-8")
        path.chmod(0o755)

    def start(self, *options):
        # From another folder: the script finds its own repository.
        return subprocess.Popen([str(self.root / "scripts" / "quickstart"), *options], cwd="/", stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)

    def run_to_end(self, *options):
        process = self.start(*options)
        printed, _ = process.communicate(timeout=50)
        return process.returncode, printed

    def kill_server(self):
        if self.server_is_alive():
            os.kill(int((self.root / "pid").read_text()), signal.SIGKILL)

    def server_is_alive(self):
        try:
            os.kill(int((self.root / "pid").read_text()), 0)
        except (FileNotFoundError, ProcessLookupError):
            return False
        return True

    def calls(self):
        return (self.root / "calls").read_text().splitlines()

    def test_the_whole_way_runs_in_order_and_stops_the_server(self):
        code, printed = self.run_to_end()
        self.assertEqual(code, 0, printed)
        self.assertEqual(self.calls(), [
            "setup",
            "build release traind traind-worker trainctl traind_recipe_files",
            "traind --listen 127.0.0.1:0 --metrics-listen 127.0.0.1:0 --address-file var/quickstart/address "
            "--data-dir var/quickstart/data --datasets-dir .deps/datasets",
            "trainctl --server 127.0.0.1:4242 start --model s4",
            "trainctl --server 127.0.0.1:4242 predict --model s4 --dataset mnist:test --index 0..9",
        ])
        self.assertIn("== [6/6] stop traind", printed)
        self.assertIn("quickstart finished in ", printed)
        self.assertTrue((self.root / "stopped").exists())
        self.assertFalse(self.server_is_alive())

    def test_epochs_pass_through_to_the_training(self):
        self.run_to_end("--epochs", "2")
        self.assertIn("trainctl --server 127.0.0.1:4242 start --model s4 --epochs 2", self.calls())

    def test_keep_leaves_the_server_running_and_says_how_to_stop_it(self):
        code, printed = self.run_to_end("--keep")
        self.assertEqual(code, 0, printed)
        self.assertTrue(self.server_is_alive())
        self.assertIn(f"kill {(self.root / 'pid').read_text().strip()}", printed)

    def test_a_server_that_ends_at_once_shows_its_message_and_the_remedy(self):
        self.make_script("build/release/bin/traind", "echo 'the data directory is damaged' >&2\nexit 3\n")
        code, printed = self.run_to_end()
        self.assertEqual(code, 1)
        self.assertIn('quickstart stopped at step "start traind on loopback"', printed)
        self.assertIn("    | the data directory is damaged", printed)
        self.assertIn("What to do: ", printed)

    def test_a_failing_setup_stops_before_the_build(self):
        self.make_script("scripts/setup", "echo 'no network'\nexit 1\n")
        code, printed = self.run_to_end()
        self.assertEqual(code, 1)
        self.assertIn('stopped at step "set up"', printed)
        self.assertFalse((self.root / "calls").exists())

    def test_a_failing_training_still_stops_the_server(self):
        self.make_script("build/release/bin/trainctl", "echo 'run s4-1 FAILED'\nexit 1\n")
        code, printed = self.run_to_end()
        self.assertEqual(code, 1)
        self.assertIn('stopped at step "train s4"', printed)
        self.assertIn("    | listening", printed)
        self.assertTrue((self.root / "stopped").exists())

    def test_ctrl_c_while_training_stops_the_server(self):
        self.make_script("build/release/bin/trainctl", "echo training\nexec sleep 1000\n")
        process = self.start()
        for line in process.stdout:
            if line == "training\n":
                break
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=50)
        self.assertEqual(process.returncode, 130)
        self.assertTrue((self.root / "stopped").exists())
        self.assertFalse(self.server_is_alive())

    def test_an_unknown_option_is_refused_before_anything_runs(self):
        code, printed = self.run_to_end("--epoch", "2")
        self.assertEqual(code, 2)
        self.assertIn("unknown option --epoch", printed)
        self.assertFalse((self.root / "calls").exists())


if __name__ == "__main__":
    unittest.main()
