"""A run that takes a second, and what tests of lost processes and full disks look at."""

import json

from harness import make_small_mnist

TRAIN_ROWS, TEST_ROWS = 400, 100
# Dropout and momentum: what a lost process must take up again to the bit.
RECIPE = """
name: "small"
data { dataset: "mnist" train_split: "train" eval_split: "test" }
network {
  input { channels: 1 height: 28 width: 28 }
  layers { conv2d { out_channels: 4 kernel_size: 5 } }
  layers { relu {} }
  layers { batch_norm2d {} }
  layers { max_pool2d { kernel_size: 4 } }
  layers { dropout { probability: 0.1 } }
  layers { flatten {} }
  layers { linear { out_features: 10 } }
}
loss { cross_entropy {} }
optimizer { sgd { learning_rate: 0.05 momentum: 0.9 } }
epoch_count: 3
batch_size: 40
seed: 3
selection { metric: SELECTION_METRIC_ACCURACY }
"""
ENDED = ("RUN_STATE_SUCCEEDED", "RUN_STATE_FAILED", "RUN_STATE_CANCELLED")


def prepare(folder):
    """Writes the recipe and its data; returns their paths."""
    recipe, datasets = folder / "small.textproto", folder / "datasets"
    recipe.write_text(RECIPE)
    make_small_mnist(datasets, TRAIN_ROWS, TEST_ROWS)
    return recipe, datasets


def weights(data_dir, version=1):
    """The bytes of a published version."""
    return (data_dir / "models" / "small" / str(version) / "model.safetensors").read_bytes()


def sequences(server, run_id):
    """The numbers of a run's events."""
    lines = server.trainctl("--json", "logs", run_id).stdout.splitlines()
    return [int(event["sequence"]) for event in map(json.loads, lines) if "sequence" in event]


def leftovers(data_dir):
    """What is hidden or was to be renamed below a data directory."""
    return [path for path in data_dir.rglob("*") if path.name.startswith(".") or path.suffix == ".new"]
