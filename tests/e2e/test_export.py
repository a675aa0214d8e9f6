"""Files that others open, by their own readers: safetensors, and ONNX through onnxruntime."""

import json
import os
import pathlib
import subprocess
import unittest

import numpy
import onnx
import onnxruntime
from safetensors import safe_open

from harness import EndToEndTest
from traind.v1 import model_pb2
from traind.v1 import prediction_service_pb2 as prediction
from traind.v1 import prediction_service_pb2_grpc as prediction_grpc

TORCH_PYTHON = os.environ.get("TRAIND_TORCH_PYTHON", "")
MNIST = 'data { dataset: "mnist" train_split: "train" eval_split: "test" %s }'
NORMALIZATION = "normalization { mean: 0.1307 standard_deviation: 0.3081 }"
REST = """
loss { %s }
optimizer { sgd { learning_rate: 0.01 } }
epoch_count: 1
batch_size: 50
selection { metric: SELECTION_METRIC_LOSS }
"""
MIXED = 'name: "mixed"' + MNIST % "" + """
network {
  input { channels: 1 height: 28 width: 28 }
  layers { conv2d { out_channels: 6 kernel_size: 5 stride: 2 } }
  layers { relu {} }
  layers { batch_norm2d {} }
  layers { adaptive_avg_pool2d { output_size: 5 } }
  layers { flatten {} }
  layers { layer_norm {} }
  layers { linear { out_features: 10 } }
}""" + REST % "cross_entropy {}"
# Every kind of layer that takes images, within each other.
RESIDUAL = 'name: "residual"' + MNIST % NORMALIZATION + """
network {
  input { channels: 1 height: 28 width: 28 }
  layers { conv2d { out_channels: 8 kernel_size: 3 padding: 1 bias: false } }
  layers { batch_norm2d { epsilon: 1e-3 } }
  layers { relu {} }
  layers { max_pool2d { kernel_size: 3 stride: 2 } }
  layers {
    residual {
      layers { conv2d { out_channels: 12 kernel_size: 3 padding: 1 stride: 2 groups: 4 } }
      layers { group_norm { group_count: 3 } }
      layers { silu {} }
      layers { dropout { probability: 0.3 } }
      layers { conv2d { out_channels: 12 kernel_size: 1 } frozen: true }
      shortcut { conv2d { out_channels: 12 kernel_size: 1 stride: 2 } }
      shortcut { batch_norm2d {} }
    }
  }
  layers { gelu {} }
  layers {
    residual {
      layers { conv2d { out_channels: 12 kernel_size: 3 padding: 1 } }
      layers { tanh {} }
    }
  }
  layers {
    concat {
      branches { layers { conv2d { out_channels: 4 kernel_size: 1 } } layers { elu { alpha: 0.7 } } }
      branches { layers { conv2d { out_channels: 5 kernel_size: 3 padding: 1 } } layers { softplus {} } }
      branches {}
    }
  }
  layers { layer_norm { epsilon: 1e-4 } }
  layers { avg_pool2d { kernel_size: 2 } }
  layers { leaky_relu { negative_slope: 0.2 } }
  layers {
    concat {
      branches { layers { global_avg_pool {} } }
      branches { layers { global_max_pool {} } }
      branches { layers { adaptive_avg_pool2d { output_size: 2 } } layers { flatten {} } layers { sigmoid {} } }
    }
  }
  layers { batch_norm1d {} }
  layers { linear { out_features: 10 } }
}""" + REST % "cross_entropy {}"
SEQUENCE = """name: "sequence"
data { dataset: "waves" train_split: "train" eval_split: "test" standardize: true }
network {
  input { channels: 2 length: 20 }
  layers { conv1d { out_channels: 6 kernel_size: 5 padding: 2 } }
  layers { batch_norm1d {} }
  layers { max_pool1d { kernel_size: 2 } }
  layers { conv1d { out_channels: 6 kernel_size: 3 bias: false } }
  layers { group_norm { group_count: 2 } }
  layers { avg_pool1d { kernel_size: 2 } }
  layers { global_avg_pool {} }
  layers { linear { out_features: 3 bias: false } }
}""" + REST % "cross_entropy {}"
TABLE = """name: "table"
data { dataset: "numbers" train_split: "train" eval_split: "test" standardize: true }
float64: true
network {
  input { features: 5 }
  layers { linear { out_features: 16 } }
  layers { relu {} }
  layers { linear { out_features: 2 } }
}""" + REST % "mean_squared_error {}"
YES_NO = """name: "yes-no"
data { dataset: "numbers" train_split: "train" eval_split: "test" }
network {
  input { features: 5 }
  layers { linear { out_features: 16 } }
  layers { batch_norm1d {} }
  layers { gelu {} }
  layers { linear { out_features: 2 } }
}""" + REST % "binary_cross_entropy {}"


class ExportTest(EndToEndTest):
    """Runs on one server, exported and opened."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.random = numpy.random.default_rng(5)
        x, y = cls.random.normal(3, 2, (300, 2, 20)), cls.random.integers(0, 3, 300)
        cls.push("waves", x=x, y=y)
        numbers = cls.random.normal(1, 4, (300, 5))
        cls.push("numbers", x=numbers, y=(numbers[:, :2] > 1).astype(float))

    @classmethod
    def push(cls, name, **arrays):
        numpy.savez(cls.folder / f"{name}.npz", **arrays)
        pushed = cls.server.trainctl("dataset", "push", name, cls.folder / f"{name}.npz")
        assert pushed.returncode == 0, pushed.stderr

    def train(self, name, recipe):
        path = self.folder / f"{name}.textproto"
        path.write_text(recipe)
        started = self.server.trainctl("start", "--recipe", path)
        self.assertEqual(started.returncode, 0, started.stdout + started.stderr)

    def export(self, source, file_format):
        path = self.folder / f"{source}.{file_format}"
        result = self.server.trainctl("export", source, "--format", file_format, "-o", path)
        self.assertEqual((result.returncode, result.stdout), (0, ""), result.stderr)
        return path

    def predict(self, model, rows):
        """Each output of Predict by its name."""
        request = prediction.PredictRequest(model=model)
        request.inputs.add(name="x", data_type=model_pb2.DATA_TYPE_FP32, shape=rows.shape, data=rows.tobytes())
        with self.server.channel() as channel:
            response = prediction_grpc.PredictionServiceStub(channel).Predict(request)
        types = {model_pb2.DATA_TYPE_FP32: "<f4", model_pb2.DATA_TYPE_INT64: "<i8"}
        return {output.name: numpy.frombuffer(output.data, types[output.data_type]).reshape(output.shape)
                for output in response.outputs}

    def assert_agrees(self, source, model, rows):
        """onnxruntime gives what Predict gives, for one row and for many."""
        file = self.export(source, "onnx")
        onnx.checker.check_model(onnx.load(file), full_check=True)
        session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
        for part in (rows, rows[:1]):
            expected = self.predict(model, part)
            names = [output.name for output in session.get_outputs()]
            self.assertEqual(sorted(names), sorted(expected))
            for name, values in zip(names, session.run(names, {"x": part})):
                self.assertEqual((values.shape, values.dtype), (expected[name].shape, expected[name].dtype))
                numpy.testing.assert_allclose(values, expected[name], rtol=1e-5, atol=1e-5, err_msg=name)
        return session

    def rows(self, *shape):
        return self.random.normal(1, 2, shape).astype(numpy.float32)

    def pixels(self, count):
        return (self.random.integers(0, 256, (count, 1, 28, 28)) / 255).astype(numpy.float32)

    def test_s4_in_onnxruntime(self):
        started = self.server.trainctl("start", "--model", "s4", "--epochs", "1")
        self.assertEqual(started.returncode, 0, started.stdout + started.stderr)
        session = self.assert_agrees("s4", "s4", self.pixels(32))
        self.assertEqual(session.get_modelmeta().custom_metadata_map["source"], "s4@1")
        self.assert_agrees("s4-1", "s4", self.pixels(8))  # the run's best checkpoint is that version

    def test_a_residual_network_with_every_layer_in_onnxruntime(self):
        self.train("residual", RESIDUAL)
        self.assert_agrees("residual@1", "residual", self.pixels(16))

    def test_a_sequence_network_in_onnxruntime(self):
        self.train("sequence", SEQUENCE)
        self.assert_agrees("sequence", "sequence", self.rows(16, 2, 20))

    def test_tables_in_onnxruntime(self):
        self.train("table", TABLE)
        session = self.assert_agrees("table", "table", self.rows(16, 5))
        self.assertEqual([output.name for output in session.get_outputs()], ["values"])
        self.train("yes-no", YES_NO)
        self.assert_agrees("yes-no", "yes-no", self.rows(16, 5))

    def test_safetensors_by_its_own_reader_gives_the_same_values(self):
        self.train("table", TABLE.replace('"table"', '"plain"'))
        recipe = self.server.json("describe", "plain-1")["recipe"]
        scale = recipe["data"]["normalization"]
        rows = self.rows(16, 5)
        with safe_open(self.export("plain-1", "safetensors"), "numpy") as file:
            self.assertEqual(sorted(file.keys()), [f"layers.{i}.{name}" for i in (0, 2) for name in ("bias", "weight")])
            weights = {name: file.get_tensor(name) for name in file.keys()}
        x = (rows - scale["mean"]) / scale["standard_deviation"]
        x = numpy.maximum(x @ weights["layers.0.weight"].T + weights["layers.0.bias"], 0)
        values = x @ weights["layers.2.weight"].T + weights["layers.2.bias"]
        numpy.testing.assert_allclose(values, self.predict("plain", rows)["values"], rtol=1e-5, atol=1e-5)
        version = self.export("plain@1", "safetensors").read_bytes()
        self.assertEqual(version, (self.folder / "plain-1.safetensors").read_bytes())
        self.assertEqual(version, (self.folder / "data/models/plain/1/model.safetensors").read_bytes())

    @unittest.skipUnless(TORCH_PYTHON, "no Python with PyTorch: set TRAIND_TORCH_PYTHON")
    def test_pytorch_gives_the_same_logits(self):
        self.train("mixed", MIXED)
        rows, logits = self.folder / "rows.npy", self.folder / "logits.npy"
        pixels = self.pixels(16)
        numpy.save(rows, pixels)
        script = pathlib.Path(__file__).parent / "pytorch_logits.py"
        subprocess.run([TORCH_PYTHON, script, self.export("mixed", "safetensors"), rows, logits], check=True)
        numpy.testing.assert_allclose(numpy.load(logits), self.predict("mixed", pixels)["logits"], rtol=1e-5, atol=1e-5)

    def test_names_of_classes_are_in_the_file(self):
        table = self.folder / "named.csv"
        table.write_text("x,y\n" + "".join(f"{i},{'ab'[i % 2]}\n" for i in range(100)))
        self.assertEqual(self.server.trainctl("dataset", "push", "named", table, "--label-column", "y").returncode, 0)
        self.train("named", """name: "named" data { dataset: "named" train_split: "train" eval_split: "test" }
            network { input { features: 1 } layers { linear { out_features: 2 } } }""" + REST % "cross_entropy {}")
        session = self.assert_agrees("named", "named", self.rows(4, 1))
        self.assertEqual(json.loads(session.get_modelmeta().custom_metadata_map["class_names"]), ["a", "b"])

    def test_what_is_not_there_makes_no_file(self):
        path = self.folder / "none.onnx"
        self.assert_refused(self.server.trainctl("export", "nothing", "--format", "onnx", "-o", path),
                            "NOT_FOUND", "no run and no model nothing")
        self.assert_refused(self.server.trainctl("export", "nothing@3", "--format", "safetensors", "-o", path),
                            "NOT_FOUND")
        self.assertFalse(path.exists())


if __name__ == "__main__":
    unittest.main()
