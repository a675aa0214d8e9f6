"""Trains the network of recipes/s4-classic.textproto with PyTorch, eagerly, and prints its speed.

The other side of train_loop_bench: same data, network, optimizer, batch and threads, the best of
three rounds after one to warm up. See README.md.

usage: pytorch_peer.py [--datasets-dir DIR] [--batch 64] [--steps 150] [--threads 0] [--precision fp32]
"""
import argparse
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

ROUNDS = 3


def read_idx(path, header_bytes):
    return torch.from_numpy(np.fromfile(path, dtype=np.uint8)[header_bytes:].copy())


def read_mnist(directory):
    """All training images, normalised ahead of time, and their labels."""
    images = read_idx(directory / "train-images-idx3-ubyte", 16).view(-1, 1, 28, 28)
    labels = read_idx(directory / "train-labels-idx1-ubyte", 8)
    return (images.float() / 255 - 0.1307) / 0.3081, labels.long()


def build_network():
    def block(inputs, outputs, kernel):
        return [nn.Conv2d(inputs, outputs, kernel), nn.ReLU(), nn.BatchNorm2d(outputs)]

    return nn.Sequential(
        *block(1, 32, 5), *block(32, 16, 3), nn.MaxPool2d(2), nn.Dropout(0.1), *block(16, 16, 3),
        *block(16, 64, 3), nn.AdaptiveAvgPool2d(1), nn.Dropout(0.1), nn.Flatten(), nn.Linear(64, 10))


class Loop:
    def __init__(self, images, labels, batch, bf16):
        self.images, self.labels, self.batch, self.bf16 = images, labels, batch, bf16
        self.network = build_network()
        self.optimizer = torch.optim.SGD(self.network.parameters(), lr=0.01, momentum=0.9, fused=True)
        self.order = torch.randperm(len(labels)).split(batch)
        self.position = 0

    def step(self):
        if self.position == len(self.order):
            self.order, self.position = torch.randperm(len(self.labels)).split(self.batch), 0
        rows = self.order[self.position]
        self.position += 1
        self.optimizer.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.bf16):
            logits = self.network(self.images[rows])
        loss = F.cross_entropy(logits.float(), self.labels[rows])
        loss.backward()
        self.optimizer.step()
        return loss.item()


def main():
    parser = argparse.ArgumentParser(description="Speed of the same training in PyTorch")
    parser.add_argument("--datasets-dir", type=Path, default=Path(".deps/datasets"))
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--threads", type=int, default=0, help="0: all cores")
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    args = parser.parse_args()
    torch.manual_seed(1)
    if args.threads:
        torch.set_num_threads(args.threads)
    loop = Loop(*read_mnist(args.datasets_dir / "mnist"), args.batch, args.precision == "bf16")
    best = float("inf")
    for current in range(1 + ROUNDS):
        start = time.perf_counter()
        for _ in range(args.steps):
            loss = loop.step()
        if current > 0:
            best = min(best, (time.perf_counter() - start) / args.steps)
    print(f"pytorch {args.precision} batch {args.batch}: {1 / best:.1f} it/s, "
          f"{args.batch / best:.0f} samples/s, loss {loss:.4f}")


if __name__ == "__main__":
    main()
