"""Datasets from files to a served model, and what goes wrong on the way."""

import hashlib
import signal
import tempfile
import unittest

import numpy
from PIL import Image
from safetensors import safe_open

from harness import EndToEndTest, Traind
from inference import grpc_service_pb2 as inference
from inference import grpc_service_pb2_grpc as inference_grpc
from traind.v1 import dataset_service_pb2 as data
from traind.v1 import dataset_service_pb2_grpc as data_grpc

RECIPE = """
name: "stripes"
data { dataset: "stripes" train_split: "train" eval_split: "test" standardize: true }
network {
  input { channels: 1 height: 8 width: 8 }
  layers { conv2d { out_channels: 4 kernel_size: 3 padding: 1 } }
  layers { relu {} }
  layers { max_pool2d { kernel_size: 2 } }
  layers { flatten {} }
  layers { linear { out_features: 2 } }
}
loss { cross_entropy {} }
optimizer { sgd { learning_rate: 0.05 momentum: 0.9 } }
epoch_count: 4
batch_size: 16
seed: 3
selection { metric: SELECTION_METRIC_ACCURACY }
"""
TABLE_RECIPE = """
name: "table"
data { dataset: "named" train_split: "train" eval_split: "test" standardize: true }
network { input { features: 1 } layers { linear { out_features: 2 } } }
loss { cross_entropy {} }
optimizer { sgd { learning_rate: 0.5 } }
epoch_count: 20
batch_size: 10
selection { metric: SELECTION_METRIC_ACCURACY }
"""
TABLE = "x,colour,y\n" + "".join(f"{i / 7},{'red' if i % 3 else 'blue'},{'ab'[i % 2]}\n" for i in range(50))


def make_pictures(folder):
    """Lying and standing stripes with noise, as PNG and JPEG."""
    noise = numpy.random.default_rng(1)
    for kind in ("lying", "standing"):
        (folder / kind).mkdir(parents=True)
        for i in range(60):
            picture = noise.integers(0, 80, (8, 8)).astype(numpy.uint8)
            picture[i % 8] += 170
            if kind == "standing":
                picture = picture.T
            Image.fromarray(picture).save(folder / kind / f"{i}.{'png' if i % 2 else 'jpg'}", quality=95)


class DatasetsTest(EndToEndTest):
    """Pushes to one server."""

    def write(self, name, content):
        path = self.folder / name
        path.write_text(content)
        return path

    def push(self, name, path, *flags):
        return self.server.trainctl("dataset", "push", name, path, *flags)

    def tearDown(self):
        self.assertEqual(self.server.trainctl("version").returncode, 0, "the server is gone")
        pushing = self.server.datasets / ".pushing"
        self.assertEqual(list(pushing.iterdir()) if pushing.exists() else [], [])

    def test_pictures_become_a_served_model_in_three_commands(self):
        pictures = self.folder / "pictures"
        make_pictures(pictures)
        recipe = self.write("stripes.textproto", RECIPE)
        pushed = self.push("stripes", pictures)
        self.assertEqual(pushed.returncode, 0, pushed.stderr)
        started = self.server.trainctl("start", "--recipe", recipe)
        self.assertEqual(started.returncode, 0, started.stdout + started.stderr)
        predicted = self.server.trainctl("predict", "--model", "stripes", "--dataset", "stripes:test", "--index", "0..9")
        self.assertEqual(predicted.returncode, 0, predicted.stderr)
        self.assertRegex(predicted.stdout, r"(8|9|10) of 10 right")

        run = self.server.json("describe", "stripes-1")
        dataset = self.server.json("dataset", "describe", "stripes")
        self.assertEqual(run["recipe"]["data"]["dataset_sha256"], dataset["sha256"])
        train = next(split for split in dataset["splits"] if split["name"] == "train")
        self.assertEqual(run["recipe"]["data"]["normalization"]["mean"], [train["inputs"][0]["mean"]])

    def test_names_of_classes_come_with_the_answers(self):
        table = "x,y\n" + "".join(f"{i / 7},{'low' if i < 25 else 'high'}\n" for i in range(50))
        self.assertEqual(self.push("named", self.write("named.csv", table), "--label-column", "y").returncode, 0)
        recipe = self.write("table.textproto", TABLE_RECIPE)
        started = self.server.trainctl("start", "--recipe", recipe)
        self.assertEqual(started.returncode, 0, started.stdout + started.stderr)
        self.assertEqual(self.server.trainctl("dataset", "delete", "named").returncode, 0)
        for value, name in ((0.1, "low"), (7, "high")):
            predicted = self.server.trainctl("predict", "--model", "table", "--values", value)
            self.assertRegex(predicted.stdout, rf"^values: {name} with [0-9.]+% by table@1$")
        with self.server.channel() as channel:
            stub = inference_grpc.GRPCInferenceServiceStub(channel)
            request = inference.ModelInferRequest(model_name="table")
            x = request.inputs.add(name="x", datatype="FP32", shape=[1, 1])
            x.contents.fp32_contents.append(7)
            request.outputs.add(name="probabilities").parameters["classification"].int64_param = 2
            top = stub.ModelInfer(request).raw_output_contents[0].decode()
            config = stub.ModelConfig(inference.ModelConfigRequest(name="table")).config
        self.assertRegex(top, r"(?s)0\.\d+:0:high.+0\.\d+:1:low$")
        self.assertEqual(config.parameters["class_names"].string_value, '["high","low"]')

    def test_what_is_stored_opens_in_python(self):
        self.assertEqual(self.push("stored", self.write("stored.csv", TABLE), "--label-column", "y",
                                   "--category-columns", "colour").returncode, 0)
        with safe_open(self.server.datasets / "stored" / "train.safetensors", "numpy") as file:
            x, y = file.get_tensor("x"), file.get_tensor("y")
        self.assertEqual((x.shape, x.dtype, y.shape), ((40, 3), numpy.float64, (40,)))
        self.assertTrue(set(x[:, 1]) | set(x[:, 2]) == {0.0, 1.0})

    def test_what_is_stored_can_be_pushed_again_and_has_the_same_content(self):
        numpy.savez(self.folder / "small.npz", x_train=numpy.eye(4), y_train=numpy.arange(4), x_test=numpy.eye(4),
                    y_test=numpy.arange(4))
        self.assertEqual(self.push("first", self.folder / "small.npz").returncode, 0)
        again = self.folder / "again"
        again.mkdir()
        for split in ("train", "test"):
            name = f"{split}.safetensors"
            (again / name).write_bytes((self.server.datasets / "first" / name).read_bytes())
        self.assertEqual(self.push("second", again).returncode, 0)
        first, second = (self.server.json("dataset", "describe", name)["sha256"] for name in ("first", "second"))
        self.assertEqual(first, second)

    def test_the_two_commonest_mistakes_are_told(self):
        table = self.write("table.csv", TABLE.replace("\n1.0,", "\nabout 1,"))
        self.assert_refused(self.push("table", table, "--label-column", "z"),
                            "INVALID_ARGUMENT", "table.csv", "`x`, `colour`, `y`", "`z`")
        self.assert_refused(self.push("table", table, "--label-column", "y", "--category-columns", "colour"),
                            "INVALID_ARGUMENT", "line 9", "`x`", "`about 1`")

    def test_datasets_never_change(self):
        self.assertEqual(self.push("fixed", self.write("fixed.csv", TABLE), "--label-column", "y",
                                   "--category-columns", "colour").returncode, 0)
        self.assert_refused(self.push("fixed", self.write("fixed.csv", TABLE + "9,red,a\n"), "--label-column", "y",
                                      "--category-columns", "colour"), "ALREADY_EXISTS", "never change")

    def test_list_preview_and_delete(self):
        self.assertEqual(self.push("short", self.write("short.csv", TABLE), "--label-column", "y",
                                   "--ignored-columns", "colour").returncode, 0)
        self.assertIn("short", self.server.trainctl("dataset", "list").stdout)
        self.assertIn("mnist", self.server.trainctl("dataset", "list").stdout)
        preview = self.server.trainctl("dataset", "preview", "short:test", "--rows", "0..2").stdout.splitlines()
        self.assertEqual(preview[0].split(), ["ROW", "x", "CLASS"])
        self.assertEqual(len(preview), 5)
        self.assertEqual(self.server.trainctl("dataset", "delete", "short").returncode, 0)
        self.assert_refused(self.server.trainctl("dataset", "describe", "short"), "NOT_FOUND", "short")
        self.assert_refused(self.server.trainctl("dataset", "delete", "mnist"), "FAILED_PRECONDITION", "not pushed")

    def test_files_that_are_not_what_they_say(self):
        for name, content in (("a.npz", b"PK\x03\x04 no archive"), ("a.npy", b"\x93NUMPY"), ("a.safetensors", b"12345678"),
                              ("a.csv", b"x,y\n\0,a\n"), ("train-images-idx3-ubyte", b"\0\0\x08\x03")):
            path = self.folder / name
            path.write_bytes(content)
            self.assert_refused(self.push("broken", path, "--label-column", "y"), "INVALID_ARGUMENT", name)


class InterruptedPushTest(unittest.TestCase):
    """Servers that end in the middle of a push."""

    def begin(self, server, table):
        stub = data_grpc.DatasetServiceStub(server.channel())
        request = data.BeginDatasetPushRequest(
            name="table", files=[data.PushedFile(path="table.csv", size_bytes=len(table))],
            sha256=hashlib.sha256(table).hexdigest())
        request.source.label_column = "y"
        request.source.category_columns.append("colour")
        return stub, stub.BeginDatasetPush(request)

    def test_a_push_goes_on_after_the_server_was_killed(self):
        table = TABLE.encode()
        with tempfile.TemporaryDirectory(prefix="traind-e2e-") as folder:
            with Traind(folder) as server:
                stub, push = self.begin(server, table)
                stream = stub.PushDataset.future(iter([data.PushDatasetRequest(push_id=push.id, data=table[:100])]))
                self.assertIsNotNone(stream.exception())  # not complete
                server.process.send_signal(signal.SIGKILL)
                server.process.wait()
            with Traind(folder) as server:
                stub, push = self.begin(server, table)
                self.assertEqual((push.received_bytes, push.total_bytes), (100, len(table)))
                pieces = [data.PushDatasetRequest(push_id=push.id, offset=100, data=table[100:])]
                dataset = stub.PushDataset(iter(pieces))
                self.assertEqual([split.row_count for split in dataset.splits], [10, 40])
                _, again = self.begin(server, table)
                self.assertEqual(again.dataset.sha256, dataset.sha256)


if __name__ == "__main__":
    unittest.main()
