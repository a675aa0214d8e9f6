"""What the server costs a training: one epoch through traind, followed live by trainctl,
against the same epoch by train_loop_bench, which has no server, event store or disk.

The two take turns, each going first every other round; the figure is the median of the rounds'
ratios of training seconds (evaluation left out on both sides).

usage: server_cost.py [--build build/release] [--recipe recipes/s4-classic.textproto] [--rounds 4]
"""

import argparse
import pathlib
import re
import statistics
import subprocess
import tempfile

from bench_server import BenchServer, epoch_seconds


def epoch_alone(options):
    """Training seconds of one epoch without a server."""
    result = subprocess.run(
        [options.build / "bin/train_loop_bench", "--full", "--recipe", options.recipe,
         "--datasets-dir", options.datasets_dir, "--set", "epoch_count=1"],
        capture_output=True, text=True, check=True)
    return float(re.search(r"([\d.]+) s \+", result.stdout).group(1))


def epoch_through_server(options, server):
    """Training seconds of one epoch as the server's event tells them."""
    return epoch_seconds(server.trainctl("start", "--recipe", options.recipe, "--epochs", "1"))


def measure(options, server):
    """Ratio of server to loop, round by round."""
    ratios = []
    for number in range(options.rounds):
        sides = {}
        order = ("alone", "server") if number % 2 == 0 else ("server", "alone")
        for side in order:
            sides[side] = (epoch_alone(options) if side == "alone"
                           else epoch_through_server(options, server))
        ratios.append(sides["server"] / sides["alone"])
        print(f"round {number + 1}: loop alone {sides['alone']:.3f} s, through the server "
              f"{sides['server']:.3f} s, ratio {ratios[-1]:.4f}", flush=True)
    return ratios


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build/release"))
    parser.add_argument("--recipe", default="recipes/s4-classic.textproto")
    parser.add_argument("--datasets-dir", default=".deps/datasets")
    parser.add_argument("--rounds", type=int, default=4)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="traind-bench-") as folder:
        with BenchServer(options.build, folder, options.datasets_dir) as server:
            ratios = measure(options, server)
    print(f"median ratio {statistics.median(ratios):.4f}: the server costs "
          f"{100 * (statistics.median(ratios) - 1):+.1f}% of a training's time")


if __name__ == "__main__":
    main()
