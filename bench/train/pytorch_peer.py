"""Trains a recipe's network with PyTorch and prints its speed: the other side of train_loop_bench.

Network, loss, optimizer and batch are read from the recipe, so that both sides do the same work;
pixels are normalised ahead of time, which is less. What a recipe asks for beyond that is refused.

By itself it prints the best of three rounds after one to warm up, one batch, precision and mode after
another. With --turns it measures when it is told to: each line on stdin is a number of steps, each
answer a line of JSON. See README.md.

usage: pytorch_peer.py [--recipe FILE] [--datasets-dir DIR | --random-images] [--device cpu|cuda]
                       [--mode eager|compile ...] [--precision fp32|tf32|bf16 ...] [--batch N ...]
                       [--layout auto|contiguous|channels_last] [--steps 150] [--threads 0] [--json | --turns]
"""
import argparse
import itertools
import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

import recipe_text
from recipe_text import only

ROUNDS = 3
RANDOM_ROWS = 4096
CLASSIC = Path(__file__).resolve().parents[2] / "recipes/s4-classic.textproto"
# Fields that change neither what a step does nor how long it takes.
HARMLESS = {"name", "description", "data", "network", "loss", "optimizer", "schedule", "epoch_count", "batch_size",
            "seed", "selection"}


class Unsupported(Exception):
    """What a recipe asks for and this peer does not do."""


class Shape:
    """Of the values between two layers."""

    def __init__(self, channels, height, width):
        self.channels, self.height, self.width = channels, height, width

    def slide(self, kernel, stride, padding=0):
        self.height = (self.height + 2 * padding - kernel) // stride + 1
        self.width = (self.width + 2 * padding - kernel) // stride + 1


def conv2d(layer, shape):
    kernel, stride, padding = layer.pop("kernel_size")[0], *(layer.pop(name, [default])[0]
                                                             for name, default in (("stride", 1), ("padding", 0)))
    outputs = layer.pop("out_channels")[0]
    module = nn.Conv2d(shape.channels, outputs, kernel, stride, padding, bias=layer.pop("bias", [True])[0])
    shape.slide(kernel, stride, padding)
    shape.channels = outputs
    return module


def max_pool2d(layer, shape):
    kernel = layer.pop("kernel_size")[0]
    stride = layer.pop("stride", [kernel])[0]
    shape.slide(kernel, stride)
    return nn.MaxPool2d(kernel, stride)


def batch_norm2d(layer, shape):
    return nn.BatchNorm2d(shape.channels, eps=layer.pop("epsilon", [1e-5])[0],
                          momentum=layer.pop("momentum", [0.1])[0])


def adaptive_avg_pool2d(layer, shape):
    shape.height = shape.width = layer.pop("output_size")[0]
    return nn.AdaptiveAvgPool2d(shape.height)


def flatten(_, shape):
    shape.channels, shape.height, shape.width = shape.channels * shape.height * shape.width, 1, 1
    return nn.Flatten()


def linear(layer, shape):
    inputs, shape.channels = shape.channels, layer.pop("out_features")[0]
    return nn.Linear(inputs, shape.channels, bias=layer.pop("bias", [True])[0])


LAYERS = {"conv2d": conv2d, "relu": lambda *_: nn.ReLU(), "batch_norm2d": batch_norm2d, "max_pool2d": max_pool2d,
          "dropout": lambda layer, _: nn.Dropout(layer.pop("probability")[0]), "flatten": flatten, "linear": linear,
          "adaptive_avg_pool2d": adaptive_avg_pool2d}


def input_shape(recipe):
    shape = only(only(recipe, "network"), "input")
    return Shape(*(only(shape, name) for name in ("channels", "height", "width")))


def build_network(recipe):
    """Returns the network and its number of classes."""
    shape = input_shape(recipe)
    modules = []
    for number, layer in enumerate(only(recipe, "network")["layers"]):
        kind = next(iter(layer))
        if kind not in LAYERS or len(layer) > 1:
            raise Unsupported(f"network.layers[{number}]: {', '.join(layer)}")
        fields = dict(only(layer, kind))
        modules.append(LAYERS[kind](fields, shape))
        if fields:
            raise Unsupported(f"network.layers[{number}].{kind}: {', '.join(fields)}")
    return nn.Sequential(*modules), shape.channels


def check(recipe):
    """Unsupported names the first thing that a step of this recipe would have to do and does not here."""
    for field in recipe:
        if field not in HARMLESS:
            raise Unsupported(field)
    if "augmentation" in only(recipe, "data"):
        raise Unsupported("data.augmentation")
    if set(only(recipe, "schedule", {})) - {"constant"}:
        raise Unsupported("schedule")
    if set(only(recipe, "loss")) != {"cross_entropy"}:
        raise Unsupported("loss")
    if set(only(recipe, "optimizer")) != {"sgd"}:
        raise Unsupported("optimizer")


def read_idx(path, header_bytes):
    return torch.from_numpy(np.fromfile(path, dtype=np.uint8)[header_bytes:].copy())


def read_images(args, recipe, classes):
    """All training images, normalised ahead of time, and their labels, on the device."""
    shape, data = input_shape(recipe), only(recipe, "data")
    if args.random_images:
        return (torch.randn(RANDOM_ROWS, shape.channels, shape.height, shape.width).to(args.device),
                torch.randint(classes, (RANDOM_ROWS,)).to(args.device))
    directory = args.datasets_dir / only(data, "dataset")
    images = read_idx(directory / "train-images-idx3-ubyte", 16).view(-1, shape.channels, shape.height, shape.width)
    labels = read_idx(directory / "train-labels-idx1-ubyte", 8)
    normalization = only(data, "normalization", {})
    images = (images.float() / 255 - only(normalization, "mean", 0)) / only(normalization, "standard_deviation", 1)
    return images.to(args.device), labels.long().to(args.device)


def build_optimizer(recipe, network):
    sgd = only(only(recipe, "optimizer"), "sgd")
    return torch.optim.SGD(network.parameters(), lr=only(sgd, "learning_rate"), momentum=only(sgd, "momentum", 0),
                           nesterov=only(sgd, "nesterov", False), weight_decay=only(sgd, "weight_decay", 0), fused=True)


class Loop:
    def __init__(self, recipe, images, labels, batch, precision, mode, layout):
        self.images, self.labels, self.batch = images, labels, batch
        self.device, self.bf16 = images.device.type, precision == "bf16"
        # What both kinds of device are fastest with below 32 bits.
        self.channels_last = layout == "channels_last" or (
            layout == "auto" and (self.bf16 or (self.device == "cuda" and precision != "fp32")))
        torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"
        network = build_network(recipe)[0].to(self.device)
        if self.channels_last:
            network = network.to(memory_format=torch.channels_last)
        self.optimizer = build_optimizer(recipe, network)
        smoothing = only(only(only(recipe, "loss"), "cross_entropy"), "label_smoothing", 0)
        self.loss = nn.CrossEntropyLoss(label_smoothing=smoothing)
        self.network = torch.compile(network) if mode == "compile" else network
        self.start_epoch()

    def start_epoch(self):
        # Whole batches alone: torch.compile builds anew for another size.
        count = len(self.labels) // self.batch * self.batch
        self.order = torch.randperm(len(self.labels), device=self.device)[:count].split(self.batch)
        self.position = 0

    def step(self):
        if self.position == len(self.order):
            self.start_epoch()
        rows = self.order[self.position]
        self.position += 1
        images = self.images[rows]
        if self.channels_last:
            images = images.contiguous(memory_format=torch.channels_last)
        self.optimizer.zero_grad()
        with torch.autocast(self.device, dtype=torch.bfloat16, enabled=self.bf16):
            logits = self.network(images)
        loss = self.loss(logits.float(), self.labels[rows])
        loss.backward()
        self.optimizer.step()
        return loss

    def round(self, steps):
        """Seconds of a step, and the last loss. Reading it waits for the device."""
        start = time.perf_counter()
        for _ in range(steps):
            loss = self.step()
        loss = loss.item()
        return (time.perf_counter() - start) / steps, loss


def measure(args, recipe, data, mode, precision, batch):
    start = time.perf_counter()
    loop = Loop(recipe, *data, batch, precision, mode, args.layout)
    loop.round(args.steps)
    preparation = time.perf_counter() - start
    best, loss = min(loop.round(args.steps) for _ in range(ROUNDS))
    if args.json:
        print(json.dumps({"side": "pytorch", "step": mode, "device": args.device, "precision": precision,
                          "batch": batch, "rate": round(1 / best, 1), "samples_per_second": round(batch / best),
                          "preparation_seconds": round(preparation, 3)}), flush=True)
    else:
        print(f"pytorch {'' if mode == 'eager' else mode + ' '}{precision} batch {batch}: {1 / best:.1f} it/s, "
              f"{batch / best:.0f} samples/s, loss {loss:.4f}", flush=True)


def take_turns(args, recipe, data):
    """Measures each time when a line comes: before it, a tenth as many steps to warm up."""
    loop = Loop(recipe, *data, args.batch[0], args.precision[0], args.mode[0], args.layout)
    loop.round(args.steps)
    parameters = sum(parameter.numel() for parameter in loop.network.parameters())
    print(json.dumps({"ready": True, "torch": torch.__version__, "parameters": parameters}), flush=True)
    for line in sys.stdin:
        loop.round(max(1, int(line) // 10))
        seconds, loss = loop.round(int(line))
        print(json.dumps({"rates": [1 / seconds], "loss": loss}), flush=True)


def parse():
    parser = argparse.ArgumentParser(description="Speed of the same training in PyTorch")
    parser.add_argument("--recipe", type=Path, default=CLASSIC)
    parser.add_argument("--datasets-dir", type=Path, default=Path(".deps/datasets"))
    parser.add_argument("--random-images", action="store_true", help="instead of a dataset")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--mode", choices=["eager", "compile"], nargs="+", default=["eager"])
    parser.add_argument("--batch", type=int, nargs="+", help="default: the recipe's")
    parser.add_argument("--precision", choices=["fp32", "tf32", "bf16"], nargs="+", default=["fp32"])
    parser.add_argument("--layout", choices=["auto", "contiguous", "channels_last"], default="auto",
                        help="auto: channels_last below 32 bits")
    parser.add_argument("--steps", type=int, default=150, help="of a round; with --turns, to warm up")
    parser.add_argument("--threads", type=int, default=0, help="0: all cores")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--turns", action="store_true", help="measure for each line on stdin")
    return parser.parse_args()


def main():
    args = parse()
    torch.manual_seed(1)
    if args.threads:
        torch.set_num_threads(args.threads)
    try:
        recipe = recipe_text.parse(args.recipe.read_text())
        check(recipe)
        classes = build_network(recipe)[1]
    except (recipe_text.RecipeError, Unsupported) as error:
        raise SystemExit(f"{args.recipe}: this peer does not do {error}") from error
    args.batch = args.batch or [only(recipe, "batch_size")]
    data = read_images(args, recipe, classes)
    if args.turns:
        take_turns(args, recipe, data)
        return
    for mode, precision, batch in itertools.product(args.mode, args.precision, args.batch):
        measure(args, recipe, data, mode, precision, batch)


if __name__ == "__main__":
    main()
