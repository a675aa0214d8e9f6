"""The main job: train, follow, predict, look around."""

import re
import unittest
import urllib.request

import numpy as np
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

from harness import TEST_ROWS, EndToEndTest
from traind.v1 import prediction_service_pb2 as prediction
from traind.v1 import prediction_service_pb2_grpc as prediction_grpc


class MainJobTest(EndToEndTest):
    """Trains once, then looks at everything that is left behind."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.start = cls.server.trainctl("start", "--model", "s4", "--epochs", "3", "--seed", "7")

    def test_start_follows_to_success_in_the_assignments_lines(self):
        self.assertEqual(self.start.returncode, 0, self.start.stderr)
        epochs = re.findall(
            r"^Epoch:  (\d+)\n"
            r"loss=(\S+) batch_id=31: 100%\|██████████\| 32/32 \[\d\d:\d\d<00:00, +\S+/s\]\n"
            r"\n"
            r"Test set: Average loss: \d\.\d{4}, Accuracy: \d+/500 \(\d+\.\d\d%\)$",
            self.start.stdout, re.MULTILINE)
        self.assertEqual([epoch for epoch, _ in epochs], ["1", "2", "3"], self.start.stdout)
        for _, loss in epochs:
            # A float widened to double, in the shortest digits: it survives the round trip.
            self.assertEqual(float(np.float32(float(loss))), float(loss))

    def test_the_run_is_described_with_its_figures_and_its_version(self):
        run = self.server.json("describe", "s4-1")
        self.assertEqual(run["state"], "RUN_STATE_SUCCEEDED")
        self.assertEqual(run["epochs_finished"], 3)
        self.assertEqual(run["published_version"], "1")
        self.assertEqual(run["last_epoch"]["eval_sample_count"], str(TEST_ROWS))

    def test_logs_from_the_start_repeat_what_start_showed(self):
        logs = self.server.trainctl("logs", "s4-1")
        self.assertEqual(logs.returncode, 0, logs.stderr)
        for line in self.start.stdout.splitlines():
            if line.startswith(("Test set", "loss=")):
                self.assertIn(line, logs.stdout)

    def test_wait_and_runs_know_the_run(self):
        self.assertEqual(self.server.trainctl("wait", "s4-1").returncode, 0)
        self.assertIn("s4-1", self.server.trainctl("runs").stdout)

    def test_events_are_numbered_without_gaps(self):
        result = self.server.trainctl("--json", "logs", "s4-1")
        numbers = [int(n) for n in re.findall(r'"sequence": ?"(\d+)"', result.stdout)]
        self.assertEqual(numbers, list(range(1, len(numbers) + 1)))

    def test_predict_draws_ten_test_digits(self):
        result = self.server.trainctl("predict", "--model", "s4", "--dataset", "mnist:test",
                                      "--index", "0..9")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stdout.strip().splitlines()[-1], r"\b\d+ ?(/|of) ?10\b")

    def test_any_grpc_client_predicts(self):
        with self.server.channel() as channel:
            stub = prediction_grpc.PredictionServiceStub(channel)
            request = prediction.PredictRequest(model="s4")
            pixels = np.zeros((2, 1, 28, 28), np.float32)
            request.inputs.add(name="x", data_type="DATA_TYPE_FP32", shape=pixels.shape,
                               data=pixels.tobytes())
            response = stub.Predict(request)
        outputs = {tensor.name: tensor for tensor in response.outputs}
        logits = np.frombuffer(outputs["logits"].data, "<f4").reshape(2, 10)
        probabilities = np.frombuffer(outputs["probabilities"].data, "<f4").reshape(2, 10)
        exponentials = np.exp(logits.astype(np.float64))
        np.testing.assert_allclose(probabilities,
                                   exponentials / exponentials.sum(axis=1, keepdims=True),
                                   rtol=1e-5)
        np.testing.assert_array_equal(np.frombuffer(outputs["classes"].data, "<i8"),
                                      logits.argmax(axis=1))
        self.assertEqual(response.version, 1)

    def test_reflection_lists_the_services(self):
        with self.server.channel() as channel:
            services = ProtoReflectionDescriptorDatabase(channel).get_services()
        for service in ("TrainingService", "PredictionService", "ModelService", "RecipeService", "DatasetService",
                        "ExportService", "ServerService"):
            self.assertIn(f"traind.v1.{service}", services)
        self.assertIn("inference.GRPCInferenceService", services)
        self.assertIn("grpc.health.v1.Health", services)

    def test_health_of_the_server_and_its_model_is_serving(self):
        with self.server.channel() as channel:
            stub = health_pb2_grpc.HealthStub(channel)
            for service in ("", "s4", "s4/1"):
                status = stub.Check(health_pb2.HealthCheckRequest(service=service))
                self.assertEqual(status.status, health_pb2.HealthCheckResponse.SERVING, service)
            unknown = next(stub.Watch(health_pb2.HealthCheckRequest(service="s4/2")))
        self.assertEqual(unknown.status, health_pb2.HealthCheckResponse.SERVICE_UNKNOWN)

    def test_prometheus_sees_runs_and_predictions(self):
        self.server.trainctl("predict", "--model", "s4", "--dataset", "mnist:test", "--index", "0")
        url = f"http://{self.server.metrics_address}/metrics"
        with urllib.request.urlopen(url, timeout=10) as response:
            text = response.read().decode()
        self.assertRegex(text, r'traind_runs\{(?=[^}]*model="s4")[^}]*state="succeeded"[^}]*\} 1')
        self.assertRegex(text, r"traind_predict_requests_total\{[^}]*\} \d+")

    def test_summary_has_the_assignments_totals(self):
        text = self.server.trainctl("summary", "s4").stdout
        for part in ("Total params: 17,962", "Forward/backward pass size (MB): 0.48",
                     "Params size (MB): 0.07", "Estimated Total Size (MB): 0.55", "Linear-12"):
            self.assertIn(part, text)

    def test_models_recipes_and_version_answer(self):
        self.assertIn("s4", self.server.trainctl("models").stdout)
        self.assertIn("s4-classic", self.server.trainctl("recipes").stdout)
        self.assertEqual(self.server.trainctl("version").returncode, 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
