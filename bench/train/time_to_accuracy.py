"""How long a training takes from the command to an accuracy and to the published version, through a
real server with trainctl, over several seeds.

The server is up before the clock starts; the worker's start, the data, the evaluations, checkpoints and
the publishing count. The accuracy that says what a recipe is worth is that of the last epoch, over all
seeds, not the best epoch of one.

usage: time_to_accuracy.py [--build build/release] [--model s4] [--seeds 10] [--target 0.994] [--json FILE]
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time

import figures

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from bench_server import BenchServer  # noqa: E402


class Clock:
    """What happened in a training, by seconds since its command: fed with the events as they come."""

    def __init__(self, target):
        self.target = target
        self.reached = self.published = self.epoch = self.accuracy = None

    def note(self, event, seconds):
        if "epoch_finished" in event:
            epoch = event["epoch_finished"]
            # Counts are 64 bits, which JSON has as texts; what is 0 is left out.
            self.accuracy = int(epoch.get("eval_correct_count", 0)) / int(epoch["eval_sample_count"])
            if self.reached is None and self.accuracy >= self.target:
                self.reached, self.epoch = seconds, int(epoch["epoch"])
        elif "model_published" in event:
            self.published = seconds

    def figures(self, seed, seconds):
        return {"seed": seed, "seconds": seconds, "reached_seconds": self.reached, "reached_epoch": self.epoch,
                "published_seconds": self.published, "last_accuracy": self.accuracy}


def measure(options, server, seed):
    """One training, followed live."""
    clock = Clock(options.target)
    begin = time.monotonic()
    with subprocess.Popen(
            [options.build / "bin/trainctl", "--server", server.address, "--json", "start", "--model", options.model,
             "--seed", str(seed), *options.flag], stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            clock.note(json.loads(line), time.monotonic() - begin)
    if process.returncode != 0:
        raise SystemExit(f"the training with seed {seed} failed: see trainctl's line above")
    return clock.figures(seed, time.monotonic() - begin)


def text(value, form):
    return "-" if value is None else format(value, form)


def report(trainings, target):
    """Lines: each seed, then what they say together."""
    rows = [["seed", f"s to {100 * target:.1f}%", "epoch", "s to version", "s in all", "last epoch"]]
    for training in trainings:
        rows.append([str(training["seed"]), text(training["reached_seconds"], ".2f"),
                     text(training["reached_epoch"], "d"), text(training["published_seconds"], ".2f"),
                     text(training["seconds"], ".2f"), f"{100 * training['last_accuracy']:.2f}%"])
    lines = figures.aligned(rows)
    accuracy = figures.summary([training["last_accuracy"] for training in trainings])
    lines.append(f"last epoch over {len(trainings)} seeds: mean {100 * accuracy['mean']:.3f}%, least "
                 f"{100 * accuracy['min']:.2f}%, deviation {100 * accuracy['deviation']:.3f} points")
    for what, key in ((f"{100 * target:.1f}%", "reached_seconds"), ("the published version", "published_seconds")):
        values = [training[key] for training in trainings if training[key] is not None]
        if values:
            seconds = figures.summary(values)
            lines.append(f"to {what}: median {seconds['median']:.2f} s, from {seconds['min']:.2f} to "
                         f"{seconds['max']:.2f} s, {len(values)} of {len(trainings)} seeds")
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build/release"))
    parser.add_argument("--datasets-dir", default=".deps/datasets")
    parser.add_argument("--model", default="s4")
    parser.add_argument("--seeds", type=int, default=10, help="trainings, one after the other")
    parser.add_argument("--target", type=float, default=0.994)
    parser.add_argument("--flag", action="append", default=[], help="for trainctl start, such as --precision=bf16")
    parser.add_argument("--json", type=pathlib.Path, help="file for all figures")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="traind-bench-") as folder:
        with BenchServer(options.build, pathlib.Path(folder), options.datasets_dir) as server:
            trainings = []
            for seed in range(1, options.seeds + 1):
                trainings.append(measure(options, server, seed))
                print(json.dumps(trainings[-1]), flush=True)
    print("\n".join(report(trainings, options.target)))
    if options.json:
        options.json.write_text(json.dumps({"model": options.model, "target": options.target, "flags": options.flag,
                                            "trainings": trainings}, indent=2) + "\n")


if __name__ == "__main__":
    main()
