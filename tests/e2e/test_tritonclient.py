"""Triton's Python client, as PyPI has it, against a model that was trained here: every call.

Runs in the Python that has tritonclient; TRAIND_PYTHON is the one that has traind's stubs."""

import io
import os
import pathlib
import queue
import subprocess
import sys
import unittest

import numpy as np
import tritonclient.grpc as triton
from tritonclient.grpc import service_pb2, service_pb2_grpc
from tritonclient.utils import InferenceServerException

import small_run
from extract_example import extract
from harness import DATASETS, EndToEndTest

FOLDER = pathlib.Path(__file__).parent
README = FOLDER.parents[1] / "README.md"
MODEL, OUTPUTS = "small", ("classes", "logits", "probabilities")
WAIT_SECONDS_MAX = 60


def digits(count):
    """The first MNIST test images, as the model takes them."""
    pixels = np.fromfile(DATASETS / "mnist" / "t10k-images-idx3-ubyte", np.uint8, offset=16)
    return (pixels[:count * 784].reshape(count, 1, 28, 28) / 255).astype(np.float32)


def tensor(rows):
    """`rows` as the client sends them."""
    x = triton.InferInput("x", list(rows.shape), "FP32")
    x.set_data_from_numpy(rows)
    return x


def raw_request(rows, request_id=""):
    """The same without the client's help."""
    request = service_pb2.ModelInferRequest(model_name=MODEL, id=request_id)
    request.inputs.add(name="x", datatype="FP32", shape=rows.shape)
    return request


class TritonClientTest(EndToEndTest):
    """Trains a small model, then asks it as a Triton server would be asked."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        recipe = cls.folder / "small.textproto"
        recipe.write_text(small_run.RECIPE)
        trained = cls.server.trainctl("start", "--recipe", recipe)
        assert trained.returncode == 0, trained.stderr
        cls.client = triton.InferenceServerClient(cls.server.address)
        cls.rows = digits(8)
        cls.expected = cls.native(cls.rows)

    @classmethod
    def tearDownClass(cls):
        cls.client.close()
        super().tearDownClass()

    @classmethod
    def native(cls, rows):
        """What traind.v1 answers for the same rows."""
        file = io.BytesIO()
        np.save(file, rows)
        result = subprocess.run(
            [os.environ["TRAIND_PYTHON"], FOLDER / "native_predict.py", cls.server.address, MODEL],
            input=file.getvalue(), capture_output=True, timeout=60, check=True)
        return dict(np.load(io.BytesIO(result.stdout)))

    def assert_same(self, result, first=0, last=None):
        """`result` is what traind.v1 says about these of the rows."""
        for name in OUTPUTS:
            np.testing.assert_allclose(result.as_numpy(name), self.expected[name][first:last], rtol=1e-5, atol=1e-6)

    def assert_refused_as(self, code, call, *arguments, **keywords):
        """The call fails with this code; returns its message."""
        with self.assertRaises(InferenceServerException) as raised:
            call(*arguments, **keywords)
        self.assertEqual(raised.exception.status(), f"StatusCode.{code}")
        return raised.exception.message()

    def counts(self):
        """The model's statistics."""
        return self.client.get_inference_statistics(MODEL, "1").model_stats[0]

    def test_the_server_is_live_and_ready_and_says_who_it_is(self):
        self.assertTrue(self.client.is_server_live())
        self.assertTrue(self.client.is_server_ready())
        metadata = self.client.get_server_metadata()
        self.assertEqual(metadata.name, "traind")
        self.assertIn(metadata.version, self.server.trainctl("version").stdout)
        self.assertIn("statistics", metadata.extensions)

    def test_models_are_ready_when_they_exist(self):
        self.assertTrue(self.client.is_model_ready(MODEL))
        self.assertTrue(self.client.is_model_ready(MODEL, "1"))
        self.assertFalse(self.client.is_model_ready(MODEL, "9"))
        self.assertFalse(self.client.is_model_ready("other"))

    def test_metadata_and_configuration_name_the_same_tensors(self):
        metadata = self.client.get_model_metadata(MODEL)
        self.assertEqual(list(metadata.versions), ["1"])
        self.assertEqual([(x.name, x.datatype, list(x.shape)) for x in metadata.inputs],
                         [("x", "FP32", [-1, 1, 28, 28])])
        self.assertEqual(tuple(y.name for y in metadata.outputs), OUTPUTS)
        config = self.client.get_model_config(MODEL).config
        self.assertGreater(config.max_batch_size, 0)
        self.assertEqual(list(config.input[0].dims), [1, 28, 28])
        self.assertEqual(tuple(y.name for y in config.output), OUTPUTS)
        as_json = self.client.get_model_config(MODEL, as_json=True)
        self.assertEqual(as_json["config"]["input"][0]["data_type"], "TYPE_FP32")

    def test_the_repository_lists_loads_and_unloads(self):
        self.client.load_model(MODEL)
        (entry,) = self.client.get_model_repository_index().models
        self.assertEqual((entry.name, entry.version, entry.state, entry.reason), (MODEL, "1", "READY", ""))
        self.client.unload_model(MODEL)
        (entry,) = self.client.get_model_repository_index().models
        self.assertIn("not loaded", entry.reason)
        self.assert_same(self.client.infer(MODEL, [tensor(self.rows)]))
        self.assert_refused_as("NOT_FOUND", self.client.load_model, "other")
        self.assert_refused_as("NOT_FOUND", self.client.unload_model, "other")
        message = self.assert_refused_as("INVALID_ARGUMENT", self.client.load_model, MODEL, config="{}")
        self.assertIn("config", message)
        self.assert_refused_as("INVALID_ARGUMENT", self.client.load_model, MODEL, config="{}",
                               files={"file:1/model.pt": b"x"})

    def test_statistics_grow_by_what_was_asked(self):
        before = self.counts()
        self.client.infer(MODEL, [tensor(self.rows)])
        after = self.counts()
        self.assertEqual(after.inference_count - before.inference_count, 8)
        self.assertEqual(after.execution_count - before.execution_count, 1)
        self.assertEqual(after.inference_stats.success.count - before.inference_stats.success.count, 1)
        self.assertGreater(after.inference_stats.compute_infer.ns, before.inference_stats.compute_infer.ns)
        self.assertEqual({stats.name for stats in self.client.get_inference_statistics().model_stats}, {MODEL})

    def test_infer_answers_what_traind_v1_answers(self):
        result = self.client.infer(MODEL, [tensor(self.rows)], request_id="r-1", priority=1, timeout=30_000_000)
        self.assert_same(result)
        response = result.get_response()
        self.assertEqual((response.model_name, response.model_version, response.id), (MODEL, "1", "r-1"))

    def test_typed_contents_are_the_same_as_raw_ones(self):
        with self.server.channel() as channel:
            stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
            request = raw_request(self.rows)
            request.inputs[0].contents.fp32_contents.extend(self.rows.ravel().tolist())
            self.assert_same(triton.InferResult(stub.ModelInfer(request)))
            request = raw_request(self.rows)
            request.raw_input_contents.append(self.rows.tobytes())
            self.assert_same(triton.InferResult(stub.ModelInfer(request)))

    def test_classification_gives_the_largest_with_their_classes(self):
        outputs = [triton.InferRequestedOutput("probabilities", class_count=3)]
        result = self.client.infer(MODEL, [tensor(self.rows)], outputs=outputs)
        self.assertIsNone(result.as_numpy("logits"))
        top = result.as_numpy("probabilities")
        self.assertEqual(top.shape, (8, 3))
        order = np.argsort(-self.expected["probabilities"], axis=1)[:, :3]
        for row in range(8):
            values, classes = zip(*(element.decode().split(":") for element in top[row]))
            self.assertEqual([int(number) for number in classes], order[row].tolist())
            np.testing.assert_allclose([float(value) for value in values],
                                       self.expected["probabilities"][row][order[row]], rtol=1e-5, atol=1e-6)

    def test_an_alias_goes_where_a_version_goes(self):
        promoted = self.server.trainctl("promote", MODEL, "1")
        self.assertEqual(promoted.returncode, 0, promoted.stderr)
        result = self.client.infer(MODEL, [tensor(self.rows)], model_version="production")
        self.assertEqual(result.get_response().model_version, "1")

    def test_bad_requests_get_their_codes(self):
        x = tensor(self.rows)
        self.assert_refused_as("NOT_FOUND", self.client.infer, "other", [x])
        self.assert_refused_as("NOT_FOUND", self.client.infer, MODEL, [x], model_version="9")
        self.assert_refused_as("INVALID_ARGUMENT", self.client.infer, MODEL, [tensor(self.rows[:, :, :14])])
        self.assert_refused_as("INVALID_ARGUMENT", self.client.infer, MODEL, [x],
                               outputs=[triton.InferRequestedOutput("y")])
        self.assert_refused_as("INVALID_ARGUMENT", self.client.infer, MODEL, [x], sequence_id=5)
        x.set_shared_memory("region", 8 * 3136)
        self.assert_refused_as("UNIMPLEMENTED", self.client.infer, MODEL, [x])

    def test_async_infer_answers_and_can_be_cancelled(self):
        answers = queue.Queue()

        def remember(result, error):
            answers.put((result, error))

        self.client.async_infer(MODEL, [tensor(self.rows)], remember)
        result, error = answers.get(timeout=WAIT_SECONDS_MAX)
        self.assertIsNone(error)
        self.assert_same(result)
        # Cancelled at once: either way there is one answer, and the server goes on.
        self.client.async_infer(MODEL, [tensor(self.rows)], remember).cancel()
        result, error = answers.get(timeout=WAIT_SECONDS_MAX)
        if error is not None:
            self.assertIn("CANCELLED", error.status())
        self.assert_same(self.client.infer(MODEL, [tensor(self.rows)]))

    def test_a_stream_answers_in_order_and_survives_a_bad_request(self):
        answers = queue.Queue()
        self.client.start_stream(lambda result, error: answers.put((result, error)))
        try:
            for row in range(8):
                self.client.async_stream_infer(MODEL, [tensor(self.rows[row:row + 1])], request_id=str(row))
                if row == 3:
                    self.client.async_stream_infer("other", [tensor(self.rows)], request_id="bad")
            received = [answers.get(timeout=WAIT_SECONDS_MAX) for _ in range(9)]
        finally:
            self.client.stop_stream()
        result, error = received.pop(4)
        self.assertIsNone(result)
        self.assertIn("NOT_FOUND: ", error.message())
        for row, (result, error) in enumerate(received):
            self.assertIsNone(error)
            self.assertEqual(result.get_response().id, str(row))
            self.assert_same(result, row, row + 1)

    def test_a_stream_can_be_cancelled(self):
        answers = queue.Queue()
        self.client.start_stream(lambda result, error: answers.put((result, error)))
        self.client.async_stream_infer(MODEL, [tensor(self.rows)], enable_empty_final_response=True)
        result, error = answers.get(timeout=WAIT_SECONDS_MAX)
        self.assertIsNone(error)
        self.assertTrue(result.get_response().parameters["triton_final_response"].bool_param)
        self.client.stop_stream(cancel_requests=True)
        self.assert_same(self.client.infer(MODEL, [tensor(self.rows)]))

    def test_shared_memory_trace_and_log_are_unimplemented_with_a_reason(self):
        client = self.client
        for call, arguments, reason in (
                (client.get_system_shared_memory_status, (), "shared memory"),
                (client.register_system_shared_memory, ("region", "/key", 64), "shared memory"),
                (client.unregister_system_shared_memory, (), "shared memory"),
                (client.get_cuda_shared_memory_status, (), "shared memory"),
                (client.register_cuda_shared_memory, ("region", b"", 0, 64), "shared memory"),
                (client.unregister_cuda_shared_memory, (), "shared memory"),
                (client.get_trace_settings, (), "trace"),
                (client.update_trace_settings, (), "trace"),
                (client.get_log_settings, (), "log"),
                (client.update_log_settings, ({"log_verbose_level": 1},), "SetLogLevel")):
            self.assertIn(reason, self.assert_refused_as("UNIMPLEMENTED", call, *arguments))

    def test_the_readmes_example_names_ten_digits(self):
        path = self.folder / "triton_predict.py"
        # The README's model takes longer to train.
        path.write_text(extract(README, "triton_predict.py").replace('"s4"', f'"{MODEL}"'))
        result = subprocess.run([sys.executable, path], cwd=README.parent, capture_output=True, text=True, timeout=60,
                                env=dict(os.environ, TRAINCTL_SERVER=self.server.address), check=False)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stdout.strip(), r"^small version 1:( \d){10}$")


if __name__ == "__main__":
    unittest.main(verbosity=2)
