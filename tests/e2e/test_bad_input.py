"""Bad input gets one clear line, and the server goes on."""

import os
import pathlib
import shutil
import signal
import subprocess
import time
import unittest

import grpc

from harness import BIN, EndToEndTest, Traind
from traind.v1 import prediction_service_pb2 as prediction
from traind.v1 import prediction_service_pb2_grpc as prediction_grpc


class BadInputTest(EndToEndTest):
    """What a user can get wrong at `start`, and with runs."""

    def start(self, *arguments):
        return self.server.trainctl("start", "--model", "s4", "--epochs", "1", *arguments)

    def tearDown(self):
        self.assertEqual(self.server.trainctl("version").returncode, 0, "the server is gone")

    def test_unknown_recipe_names_the_known_ones(self):
        self.assert_refused(self.server.trainctl("start", "--model", "nope"),
                            "NOT_FOUND", "nope", "s4", "s4-classic")

    def test_malformed_recipe_names_line_and_column(self):
        path = self.folder / "broken.textproto"
        path.write_text('name: "x"\nepoch_count: ]\n')
        self.assert_refused(self.server.trainctl("start", "--recipe", path),
                            "INVALID_ARGUMENT", ":2:14")

    def test_layers_that_do_not_fit_name_the_layer_and_what_came_in(self):
        self.assert_refused(self.start("--set", "network.layers[0].conv2d.kernel_size=29"),
                            "INVALID_ARGUMENT", "network.layers[0]", "conv2d", "[1, 28, 28]")

    def test_learning_rate_nan_and_negative(self):
        for value in ("nan", "-0.1"):
            self.assert_refused(self.start("--set", f"optimizer.sgd.learning_rate={value}"),
                                "INVALID_ARGUMENT", "optimizer.sgd.learning_rate", value)

    def test_unknown_path_names_the_valid_ones(self):
        self.assert_refused(self.start("--set", "optimizer.sgd.learning_rat=1"),
                            "INVALID_ARGUMENT", "learning_rat", "learning_rate", "momentum")

    def test_batch_larger_than_the_set(self):
        self.assert_refused(self.start("--set", "batch_size=2001"),
                            "INVALID_ARGUMENT", "at most 2000", "2001")

    def test_absent_dataset(self):
        self.assert_refused(self.start("--set", "data.dataset=absent"),
                            "FAILED_PRECONDITION", "absent", "mnist")

    def test_truncated_dataset_and_wrong_magic(self):
        mnist = self.server.datasets / "mnist"
        for name, damage in (("truncated", lambda data: data[:-1]),
                             ("magic", lambda data: b"\x00\x00\x0d" + data[3:]),
                             ("trailing", lambda data: data + b"x")):
            broken = self.server.datasets / name
            shutil.copytree(mnist, broken)
            path = broken / "train-images-idx3-ubyte"
            path.write_bytes(damage(path.read_bytes()))
            self.assert_refused(self.start("--set", f"data.dataset={name}"),
                                "FAILED_PRECONDITION", "train-images-idx3-ubyte")

    def test_device_cuda_where_there_is_none(self):
        if any(path.name[6:].isdigit() for path in pathlib.Path("/dev").glob("nvidia*")):
            self.skipTest("this machine has a GPU")
        self.assert_refused(self.start("--device", "cuda"), "FAILED_PRECONDITION", "cuda", "cpu")

    def test_unknown_run(self):
        for command in ("logs", "describe", "cancel", "wait"):
            self.assert_refused(self.server.trainctl(command, "s4-999"), "NOT_FOUND", "s4-999")

    def test_unknown_model(self):
        self.assert_refused(
            self.server.trainctl("predict", "--model", "nope", "--dataset", "mnist:test",
                                 "--index", "0"), "NOT_FOUND", "nope")

    def test_oversized_message(self):
        request = prediction.PredictRequest(model="s4")
        request.inputs.add(name="x", data=b"\0" * (65 << 20))
        with self.server.channel() as channel, self.assertRaises(grpc.RpcError) as raised:
            prediction_grpc.PredictionServiceStub(channel).Predict(request)
        self.assertEqual(raised.exception.code(), grpc.StatusCode.RESOURCE_EXHAUSTED)

    def test_nan_loss_fails_the_run_as_the_users_and_names_the_step(self):
        result = self.start("--set", "optimizer.sgd.learning_rate=1e30")
        self.assertEqual(result.returncode, 1)
        run = self.server.json("runs")["runs"][0]
        self.assertEqual(run["error"]["failure_class"], "FAILURE_CLASS_USER")
        self.assertGreaterEqual(int(run["error"]["step"]), 2)
        self.assertIn(f"step {run['error']['step']}", run["error"]["message"])

    def test_a_killed_worker_fails_the_run_and_the_server_serves_on(self):
        started = self.server.json("start", "-d", "--model", "s4", "--epochs", "10000",
                                   "--max-retries", "0")
        run_id = started["id"]
        pid = 0
        deadline = time.monotonic() + 60
        while not pid and time.monotonic() < deadline:
            attempts = self.server.json("describe", run_id).get("attempts", [])
            pid = int(attempts[-1].get("pid", 0)) if attempts else 0
        os.kill(pid, signal.SIGKILL)
        waited = self.server.trainctl("wait", run_id)
        self.assertEqual(waited.returncode, 1)
        run = self.server.json("describe", run_id)
        self.assertEqual(run["state"], "RUN_STATE_FAILED")
        self.assertEqual(run["error"]["failure_class"], "FAILURE_CLASS_SYSTEM")
        self.assertIn("SIGKILL", run["error"]["message"])


class WrongTokenTest(EndToEndTest):
    """A server that asks for a token."""

    @classmethod
    def setUpClass(cls):
        import tempfile
        cls.tokens = tempfile.TemporaryDirectory(prefix="traind-token-")
        for name in ("right", "wrong"):
            path = pathlib.Path(cls.tokens.name) / name
            path.write_text(f"{name}-token\n")
            path.chmod(0o600)
        cls.flags = ("--token-file", f"{cls.tokens.name}/right")
        super().setUpClass()

    def test_only_the_right_token_gets_in(self):
        with_token = lambda name: self.server.trainctl(
            "--token-file", f"{self.tokens.name}/{name}", "runs")
        self.assertEqual(with_token("right").returncode, 0)
        self.assert_refused(with_token("wrong"), "UNAUTHENTICATED")
        self.assert_refused(self.server.trainctl("runs"), "UNAUTHENTICATED")


class StartRefusedTest(unittest.TestCase):
    """What an operator can get wrong at the server's start."""

    def run_traind(self, *arguments):
        result = subprocess.run([BIN / "traind", *map(str, arguments)], capture_output=True,
                                text=True, timeout=60, check=False)
        self.assertNotEqual(result.returncode, 0)
        return result.stderr.strip().splitlines()

    def test_bad_flags_taken_port_and_unwritable_data_directory(self):
        import tempfile
        with tempfile.TemporaryDirectory(prefix="traind-e2e-") as folder:
            self.assertIn("--lisen", self.run_traind("--lisen", "127.0.0.1:0")[-1])
            self.assertIn("--insecure", self.run_traind(
                "--listen", "0.0.0.0:0", "--data-dir", f"{folder}/a")[-1])
            self.assertIn("/proc/nowhere", self.run_traind(
                "--listen", "127.0.0.1:0", "--data-dir", "/proc/nowhere")[-1])
            with Traind(folder) as server:
                self.assertIn(server.address, self.run_traind(
                    "--listen", server.address, "--metrics-listen", "127.0.0.1:0",
                    "--data-dir", f"{folder}/b", "--datasets-dir", server.datasets)[-1])
                self.assertIn("data", self.run_traind(
                    "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0",
                    "--data-dir", server.data_dir)[-1])


if __name__ == "__main__":
    unittest.main(verbosity=2)
