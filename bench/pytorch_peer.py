"""Trains the network of recipes/s4-classic.textproto with PyTorch and prints its speed.

The other side of train_loop_bench: same data, network, optimizer, batch and threads, the best of
three rounds after one to warm up. With several batches, precisions or modes, one after another.
See README.md.

usage: pytorch_peer.py [--datasets-dir DIR] [--device cpu|cuda] [--mode eager|compile ...] [--batch 64 ...]
                       [--precision fp32|tf32|bf16 ...] [--steps 150] [--threads 0] [--json]
"""
import argparse
import itertools
import json
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

ROUNDS = 3


def read_idx(path, header_bytes):
    return torch.from_numpy(np.fromfile(path, dtype=np.uint8)[header_bytes:].copy())


def read_mnist(directory, device):
    """All training images, normalised ahead of time, and their labels, on the device."""
    images = read_idx(directory / "train-images-idx3-ubyte", 16).view(-1, 1, 28, 28)
    labels = read_idx(directory / "train-labels-idx1-ubyte", 8)
    return ((images.float() / 255 - 0.1307) / 0.3081).to(device), labels.long().to(device)


def build_network():
    def block(inputs, outputs, kernel):
        return [nn.Conv2d(inputs, outputs, kernel), nn.ReLU(), nn.BatchNorm2d(outputs)]

    return nn.Sequential(
        *block(1, 32, 5), *block(32, 16, 3), nn.MaxPool2d(2), nn.Dropout(0.1), *block(16, 16, 3),
        *block(16, 64, 3), nn.AdaptiveAvgPool2d(1), nn.Dropout(0.1), nn.Flatten(), nn.Linear(64, 10))


class Loop:
    def __init__(self, images, labels, batch, precision, mode):
        self.images, self.labels, self.batch = images, labels, batch
        self.device, self.bf16 = images.device.type, precision == "bf16"
        # Tensor cores work on channels_last.
        self.channels_last = self.device == "cuda" and precision != "fp32"
        torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"
        network = build_network().to(self.device)
        if self.channels_last:
            network = network.to(memory_format=torch.channels_last)
        self.optimizer = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9, fused=True)
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
        loss = F.cross_entropy(logits.float(), self.labels[rows])
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


def measure(args, data, mode, precision, batch):
    start = time.perf_counter()
    loop = Loop(*data, batch, precision, mode)
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


def main():
    parser = argparse.ArgumentParser(description="Speed of the same training in PyTorch")
    parser.add_argument("--datasets-dir", type=Path, default=Path(".deps/datasets"))
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--mode", choices=["eager", "compile"], nargs="+", default=["eager"])
    parser.add_argument("--batch", type=int, nargs="+", default=[64])
    parser.add_argument("--precision", choices=["fp32", "tf32", "bf16"], nargs="+", default=["fp32"])
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--threads", type=int, default=0, help="0: all cores")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    args = parser.parse_args()
    torch.manual_seed(1)
    if args.threads:
        torch.set_num_threads(args.threads)
    data = read_mnist(args.datasets_dir / "mnist", args.device)
    for mode, precision, batch in itertools.product(args.mode, args.precision, args.batch):
        measure(args, data, mode, precision, batch)


if __name__ == "__main__":
    main()
