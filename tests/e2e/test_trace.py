"""The S4 assignment's spreadsheet of a run, also of one whose processes were killed."""

import csv
import io
import math
import os
import pathlib
import signal
import tempfile
import time
import unittest

from harness import Traind

STEPS = 3000
COLUMNS = ("i1,i2,t1,t2,w1,w2,w3,w4,w5,w6,w7,w8,h1,h2,a_h1,a_h2,o1,o2,a_o1,a_o2,E1,E2,E_total,"
           "∂E/∂w1,∂E/∂w2,∂E/∂w3,∂E/∂w4,∂E/∂w5,∂E/∂w6,∂E/∂w7,∂E/∂w8").split(",")


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def spreadsheet(steps, rate=1.0):
    """The rows as the assignment derives them, formula by formula."""
    i1, i2, t1, t2 = 0.05, 0.10, 0.01, 0.99
    w = [0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55]
    for _ in range(steps):
        h1, h2 = w[0] * i1 + w[1] * i2, w[2] * i1 + w[3] * i2
        a_h1, a_h2 = sigmoid(h1), sigmoid(h2)
        o1, o2 = w[4] * a_h1 + w[5] * a_h2, w[6] * a_h1 + w[7] * a_h2
        a_o1, a_o2 = sigmoid(o1), sigmoid(o2)
        e1, e2 = (t1 - a_o1) ** 2 / 2, (t2 - a_o2) ** 2 / 2
        d1, d2 = (a_o1 - t1) * a_o1 * (1 - a_o1), (a_o2 - t2) * a_o2 * (1 - a_o2)
        b1 = (d1 * w[4] + d2 * w[6]) * a_h1 * (1 - a_h1)
        b2 = (d1 * w[5] + d2 * w[7]) * a_h2 * (1 - a_h2)
        gradient = [b1 * i1, b1 * i2, b2 * i1, b2 * i2, d1 * a_h1, d1 * a_h2, d2 * a_h1, d2 * a_h2]
        yield [i1, i2, t1, t2, *w, h1, h2, a_h1, a_h2, o1, o2, a_o1, a_o2, e1, e2, e1 + e2, *gradient]
        w = [weight - rate * slope for weight, slope in zip(w, gradient)]


class TraceTest(unittest.TestCase):
    """Runs of recipes/backprop.textproto with --trace."""

    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="traind-e2e-")
        self.addCleanup(self.temporary.cleanup)
        self.folder = pathlib.Path(self.temporary.name)

    def start(self, server, *flags):
        return server.json("start", "-d", "--model", "backprop", "--epochs", STEPS, *flags)["id"]

    def export(self, server, run_id, *flags):
        result = server.trainctl("export", run_id, *flags)
        self.assertEqual(result.returncode, 0, result.stderr)
        return list(csv.reader(io.StringIO(result.stdout)))

    def assert_spreadsheet(self, rows):
        self.assertEqual(rows[0], COLUMNS)
        self.assertEqual(len(rows) - 1, STEPS)
        self.assertEqual(f"{float(rows[1][COLUMNS.index('E_total')]):.5f}", "0.24252")
        for number, (row, expected) in enumerate(zip(rows[1:], spreadsheet(STEPS)), 1):
            for name, cell, value in zip(COLUMNS, row, expected):
                self.assertAlmostEqual(float(cell), value, delta=1e-9, msg=f"{name} of step {number}")

    def wait_for_step(self, server, run_id, step):
        deadline = time.monotonic() + 100
        while int(server.json("describe", run_id).get("newest_checkpoint", {}).get("step", 0)) < step:
            self.assertLess(time.monotonic(), deadline)

    def test_each_step_is_there_once_after_kills_of_worker_and_server(self):
        with Traind(self.folder) as server:
            run_id = self.start(server, "--trace", "--checkpoint-epochs", 70)
            self.wait_for_step(server, run_id, 70)
            os.kill(int(server.json("describe", run_id)["attempts"][-1]["pid"]), signal.SIGKILL)
            self.wait_for_step(server, run_id, 700)
            server.process.send_signal(signal.SIGKILL)
            server.process.wait()
        with Traind(self.folder) as server:
            self.assertEqual(server.trainctl("wait", run_id).returncode, 0)
            self.assertGreater(len(server.json("describe", run_id)["attempts"]), 1)
            self.assert_spreadsheet(self.export(server, run_id, "--format", "csv"))
            self.assertEqual(self.export(server, run_id, "--events")[0][:4],
                             ["sequence", "time", "attempt", "kind"])

    def test_a_run_without_a_trace_and_a_network_that_is_too_large_say_so(self):
        with Traind(self.folder) as server:
            run_id = server.json("start", "-d", "--model", "backprop", "--epochs", 10)["id"]
            self.assertEqual(self.export(server, run_id)[0][0], "sequence")
            result = server.trainctl("start", "-d", "--model", "s4", "--trace")
            self.assertEqual(result.returncode, 1)
            self.assertIn("execution.trace: expected a network of at most 1000 parameters", result.stderr)


if __name__ == "__main__":
    unittest.main()
