"""TensorBoard's own reader sees every figure of a run, also while it runs and when its worker and server were lost.

Runs in the Python that has tensorboard."""

import json
import os
import pathlib
import signal
import tempfile
import time
import unittest

from tensorboard.backend.event_processing.event_accumulator import SCALARS, EventAccumulator
from traind.v1 import run_pb2, training_service_pb2, training_service_pb2_grpc

import small_run
from harness import Traind

EPOCHS = 40
WAIT_SECONDS_MAX = 100


def figures(server, run_id):
    """What the events tell, as {tag: {step: value}}; what is told again replaces what was told first."""
    lines = server.trainctl("export", run_id, "--format", "jsonl").stdout.splitlines()
    told = {}
    for event in map(json.loads, lines):
        for kind, group in (("train_step", "step"), ("epoch_finished", "epoch")):
            for name, value in event.get(kind, {}).items():
                if name not in ("step", "epoch", "metrics") and not isinstance(value, bool):
                    told.setdefault(f"{group}/{name}", {})[int(event[kind]["step"])] = float(value)
    return told


class TensorboardTest(unittest.TestCase):
    """A run that is interrupted, exported again and again into the same folder."""

    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="traind-e2e-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.logs = self.folder / "logs"
        self.recipe, _ = small_run.prepare(self.folder)

    def start(self, server):
        """A run that tells each step and has few checkpoints, so that lost steps are told again."""
        request = training_service_pb2.StartTrainingRequest(recipe_text=self.recipe.read_text())
        request.overrides.add(path="epoch_count", value=str(EPOCHS))
        request.execution.log_every_steps = 1
        request.execution.checkpoints.every_epochs = EPOCHS
        with server.channel() as channel:
            return training_service_pb2_grpc.TrainingServiceStub(channel).StartTraining(request, timeout=30).id

    def wait_for_epochs(self, server, run_id, count):
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        while server.json("describe", run_id).get("epochs_finished", 0) < count:
            self.assertLess(time.monotonic(), deadline)

    def export(self, server, run_id):
        result = server.trainctl("export", run_id, "--format", "tensorboard", "-o", self.logs)
        self.assertEqual(result.returncode, 0, result.stderr)

    def assert_reader_sees(self, reader, expected):
        reader.Reload()
        tags = set(reader.Tags()["scalars"])
        self.assertLessEqual(set(expected), tags)
        for tag, values in expected.items():
            seen = {scalar.step: scalar.value for scalar in reader.Scalars(tag)}
            self.assertEqual(set(seen), set(values), tag)
            for step, value in values.items():
                self.assertAlmostEqual(seen[step], value, delta=1e-6 * max(1, abs(value)), msg=f"{tag} {step}")
        accuracy = [scalar.value for scalar in reader.Scalars("epoch/accuracy_percent")]
        right = list(expected["epoch/eval_correct_count"].values())
        self.assertEqual(len(accuracy), len(right))
        for percent, count in zip(accuracy, right):
            self.assertAlmostEqual(percent, 100 * count / small_run.TEST_ROWS, places=4)

    def test_the_reader_sees_every_figure_across_a_lost_worker_and_a_lost_server(self):
        with Traind(self.folder) as server:
            run_id = self.start(server)
            self.wait_for_epochs(server, run_id, 2)
            self.export(server, run_id)
            reader = EventAccumulator(str(self.logs / run_id), size_guidance={SCALARS: 0})
            reader.Reload()
            self.assertIn("step/loss", reader.Tags()["scalars"])
            os.kill(int(server.json("describe", run_id)["attempts"][-1]["pid"]), signal.SIGKILL)
            self.wait_for_epochs(server, run_id, 4)
            server.process.send_signal(signal.SIGKILL)
            server.process.wait()
        with Traind(self.folder) as server:
            self.assertEqual(server.trainctl("wait", run_id).returncode, 0)
            self.export(server, run_id)
            expected = figures(server, run_id)
            self.assertEqual(server.json("describe", run_id)["state"], run_pb2.RunState.Name(run_pb2.RUN_STATE_SUCCEEDED))
        self.assertEqual(len(expected["epoch/eval_loss"]), EPOCHS)
        self.assertEqual(len(expected["step/loss"]), EPOCHS * 10)  # 400 rows in batches of 40
        # The reader that has been there since the run's beginning, and one that comes now.
        self.assert_reader_sees(reader, expected)
        self.assert_reader_sees(EventAccumulator(str(self.logs / run_id), size_guidance={SCALARS: 0}), expected)

    def test_a_followed_export_ends_with_the_run_and_is_the_same_file(self):
        with Traind(self.folder) as server:
            run_id = self.start(server)
            result = server.trainctl("export", run_id, "--format", "tensorboard", "-o", self.logs, "--follow")
            self.assertEqual(result.returncode, 0, result.stderr)
            (file,) = (self.logs / run_id).iterdir()
            followed = file.read_bytes()
            self.export(server, run_id)
            self.assertEqual(file.read_bytes(), followed)
            self.assert_reader_sees(EventAccumulator(str(file.parent), size_guidance={SCALARS: 0}), figures(server, run_id))


if __name__ == "__main__":
    unittest.main(verbosity=2)
