"""What the server costs a training: one epoch through traind, followed live by trainctl,
against the same epoch by train_loop_bench, which has no server, event store or disk.

The two take turns, each going first every other round; the figure is the median of the rounds'
ratios of training seconds (evaluation left out on both sides).

usage: server_cost.py [--build build/release] [--recipe recipes/s4-classic.textproto] [--rounds 4]
"""

import argparse
import json
import pathlib
import re
import statistics
import subprocess
import tempfile
import time

START_SECONDS_MAX = 60


def epoch_alone(options):
    """Training seconds of one epoch without a server."""
    result = subprocess.run(
        [options.build / "bin/train_loop_bench", "--full", "--recipe", options.recipe,
         "--datasets-dir", options.datasets_dir, "--set", "epoch_count=1"],
        capture_output=True, text=True, check=True)
    return float(re.search(r"([\d.]+) s \+", result.stdout).group(1))


def epoch_through_server(options, address):
    """Training seconds of one epoch as the server's event tells them."""
    result = subprocess.run(
        [options.build / "bin/trainctl", "--server", address, "--json", "start", "--recipe",
         options.recipe, "--epochs", "1"],
        capture_output=True, text=True, check=True)
    for line in result.stdout.splitlines():
        finished = json.loads(line).get("epoch_finished")
        if finished:
            return float(finished["train_seconds"])
    raise SystemExit(f"no epoch in the server's events:\n{result.stdout}")


def start_server(options, folder):
    """A server on a free port; its process and address."""
    addresses = pathlib.Path(folder) / "addresses"
    process = subprocess.Popen(
        [options.build / "bin/traind", "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0",
         "--data-dir", f"{folder}/data", "--datasets-dir", options.datasets_dir,
         "--address-file", addresses],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + START_SECONDS_MAX
    while not addresses.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise SystemExit("traind did not start")
        time.sleep(0.05)
    return process, re.search(r"grpc=(\S+)", addresses.read_text()).group(1)


def measure(options, address):
    """Ratio of server to loop, round by round."""
    ratios = []
    for number in range(options.rounds):
        sides = {}
        order = ("alone", "server") if number % 2 == 0 else ("server", "alone")
        for side in order:
            sides[side] = (epoch_alone(options) if side == "alone"
                           else epoch_through_server(options, address))
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
        process, address = start_server(options, folder)
        try:
            ratios = measure(options, address)
        finally:
            process.terminate()
            process.wait()
    print(f"median ratio {statistics.median(ratios):.4f}: the server costs "
          f"{100 * (statistics.median(ratios) - 1):+.1f}% of a training's time")


if __name__ == "__main__":
    main()
