"""Weights that trainctl exported, in PyTorch: logits of rows, written beside them.

usage: pytorch_logits.py WEIGHTS.safetensors ROWS.npy LOGITS.npy"""

import sys

import numpy
import torch
from safetensors.torch import load_file
from torch import nn

weights, rows, logits = sys.argv[1:]
# The recipe MIXED of test_export.py, without its normalisation.
net = nn.Module()
net.layers = nn.Sequential(nn.Conv2d(1, 6, 5, 2), nn.ReLU(), nn.BatchNorm2d(6), nn.AdaptiveAvgPool2d(5), nn.Flatten(),
                           nn.LayerNorm(150), nn.Linear(150, 10))
# num_batches_tracked, which nothing computes with, is PyTorch's own.
missing, unexpected = net.load_state_dict(load_file(weights), strict=False)
assert not unexpected and all(name.endswith("num_batches_tracked") for name in missing), (missing, unexpected)
with torch.no_grad():
    numpy.save(logits, net.layers.eval()(torch.from_numpy(numpy.load(rows))).numpy())
