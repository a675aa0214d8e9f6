"""A server or a worker that dies at a change of a file, wherever it is, leaves a run that goes on to the same bits.

A library stands before libc (tests/crash/crash_point.h). CRASH_POINTS says how many places are tried (6), spread
over all calls of a life that nothing disturbs."""

import collections
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest

from harness import Traind
import small_run

LIBRARY = os.environ["TRAIND_CRASH_LIBRARY"]
POINTS = int(os.environ.get("CRASH_POINTS", "6"))
ACTIONS = ("before", "halfway", "after")
PROGRAMS = ("traind", "traind-worker")
WAIT_SECONDS_MAX = 100
# So few calls would mean that the library does not see them.
CALLS_MIN = 40


class CrashAtWriteTest(unittest.TestCase):
    """A folder for each place, and the undisturbed run first."""

    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="traind-crash-")
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.root = pathlib.Path(cls.temporary.name)
        cls.recipe, cls.datasets = small_run.prepare(cls.root)

    def folder(self, name):
        folder = self.root / name
        folder.mkdir()
        return folder

    def server(self, folder, **variables):
        if variables:
            variables = {f"TRAIND_CRASH_{name}": str(value) for name, value in variables.items()}
            variables.update(LD_PRELOAD=LIBRARY, TRAIND_CRASH_DIRECTORY=str(folder / "data"))
        return Traind(folder, datasets=self.datasets, environment=variables)

    def start(self, server):
        """Starts the run unless it has been: repeating it is harmless."""
        return server.trainctl("start", "-d", "--recipe", self.recipe, "--checkpoint-steps", "3",
                               "--request-id", "the one")

    def wait_for_end_or_death(self, server):
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        while server.process.poll() is None:
            described = server.trainctl("--json", "describe", "small-1").stdout
            if any(state in described for state in small_run.ENDED):
                break
            self.assertLess(time.monotonic(), deadline, server.log.read_text())

    def live(self, folder, **variables):
        """A server's life with the library, up to the run's end or its own."""
        server = self.server(folder, **variables)
        try:
            server.__enter__()
        except AssertionError:
            if server.process.returncode != -signal.SIGKILL:
                raise
            return
        try:
            self.start(server)
            self.wait_for_end_or_death(server)
        finally:
            server.__exit__()
        self.assertIn(server.process.returncode, (0, -signal.SIGKILL), server.log.read_text())

    def check(self, folder, place):
        """A new server has the run and brings it to its end."""
        with self.server(folder) as server:
            started = self.start(server)
            self.assertEqual((started.returncode, started.stdout.strip()), (0, "small-1"), started.stderr)
            waited = server.trainctl("wait", "small-1")
            run = server.json("describe", "small-1")
            self.assertEqual(run["state"], "RUN_STATE_SUCCEEDED", f"{place}: {waited.stderr}{server.log.read_text()}")
            numbers = small_run.sequences(server, "small-1")
            self.assertEqual(numbers, list(range(1, len(numbers) + 1)), place)
        self.assertEqual(small_run.leftovers(folder / "data"), [], place)
        self.assertEqual(small_run.weights(folder / "data"), self.expected, place)
        self.assertFalse((folder / "data" / "models" / "small" / "2").exists(), place)
        return len(run["attempts"])

    def undisturbed(self):
        """Counts the calls of each program, and keeps the weights."""
        folder = self.folder("undisturbed")
        trace = folder / "trace"
        self.live(folder, TRACE=trace, ACTION="none")
        self.expected = small_run.weights(folder / "data")
        calls = collections.Counter(line.split()[0] for line in trace.read_text().splitlines())
        for program in PROGRAMS:
            self.assertGreater(calls[program], CALLS_MIN, calls)
        return calls

    def test_a_run_outlives_a_crash_at_any_write(self):
        calls = self.undisturbed()
        crashes = 0
        for point in range(POINTS):
            program, action = PROGRAMS[point % 2], ACTIONS[point % 3]
            call = 1 + int((calls[program] - 1) * (point + 0.5) / POINTS)
            folder = self.folder(f"point-{point}")
            once, trace = folder / "crashed", folder / "trace"
            self.live(folder, PROGRAM=program, CALL=call, ACTION=action, ONCE=once, TRACE=trace)
            last = trace.read_text().splitlines()[call - 1] if once.exists() else "no crash"
            place = f"{program} {action} call {call}: {last}"
            crashes += once.exists()
            attempts = self.check(folder, place)
            print(place, f"{attempts} attempts", sep="; ")
            subprocess.run(["rm", "-rf", folder], check=True)
        # How events come together in commits is never the same: the last calls may not be reached.
        self.assertGreaterEqual(crashes, POINTS - 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
