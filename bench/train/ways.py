"""The ways to train that compare.py measures, ours and PyTorch's. Each is a context whose turn() gives
steps a second, of one round after some steps to warm up."""

import json
import pathlib
import statistics
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
PRECISIONS = ("fp32", "bf16")
OUR_STEPS = ("auto", "fused", "plain")
PEER_MODES = ("eager", "compile")


class WayError(Exception):
    """A way that is not known, or one that came to nothing."""


def last_json(text, what):
    """The last line of what a bench printed."""
    lines = text.strip().splitlines()
    if not lines:
        raise WayError(f"{what} printed nothing")
    return json.loads(lines[-1])


def run(command):
    """The last line of JSON that a command prints."""
    result = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise WayError(f"{pathlib.Path(command[0]).name} failed with {result.returncode}: {result.stderr.strip()}")
    return last_json(result.stdout, command[0])


def loop_command(options, *flags):
    return [options.build / "bin/train_loop_bench", "--recipe", options.recipe, "--datasets-dir", options.datasets_dir,
            "--batch", options.batch, "--steps", options.steps, "--json", *flags]


class OurLoop:
    """The worker's training loop: a process for each turn."""

    def __init__(self, options, step, precision):
        self.command = loop_command(options, "--rounds", 1, "--threads", options.threads, "--step", step,
                                    "--precision", precision)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        pass

    def turn(self):
        return statistics.median(run(self.command)["rates"])


class OurStep:
    """The fused step alone on random images: for networks whose data is not at hand."""

    def __init__(self, options, step, precision):
        if step == "plain":
            raise WayError("with --random-images: expected traind:fused:PRECISION, got plain")
        self.command = [options.build / "bin/fused_step_bench", "--recipe", options.recipe, "--batch", options.batch,
                        "--threads", options.threads, "--steps", options.steps, "--json"]
        if precision == "bf16":
            self.command.append("--bf16")

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        pass

    def turn(self):
        return 1 / run(self.command)["median_step_seconds"]


class Peer:
    """PyTorch: one process for all turns, since compiling takes long. It sleeps between them."""

    def __init__(self, options, mode, precision, layout):
        self.steps = options.steps
        self.command = [options.python, HERE / "pytorch_peer.py", "--recipe", options.recipe, "--datasets-dir",
                        options.datasets_dir, "--mode", mode, "--precision", precision, "--layout", layout,
                        "--batch", options.batch, "--steps", options.steps, "--threads", options.threads, "--turns"]
        if options.random_images:
            self.command.append("--random-images")

    def __enter__(self):
        self.process = subprocess.Popen(list(map(str, self.command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)
        self.about = self._answer()
        return self

    def __exit__(self, *unused):
        self.process.stdin.close()
        self.process.wait()

    def _answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise WayError(f"the peer ended: {' '.join(map(str, self.command))}")
        return json.loads(line)

    def turn(self):
        self.process.stdin.write(f"{self.steps}\n")
        self.process.stdin.flush()
        return statistics.median(self._answer()["rates"])


def make(name, options):
    """The way of that name: traind:STEP:PRECISION or pytorch:MODE:PRECISION[:LAYOUT]."""
    side, *parts = name.split(":")
    if side == "traind" and len(parts) == 2 and parts[0] in OUR_STEPS and parts[1] in PRECISIONS:
        return (OurStep if options.random_images else OurLoop)(options, *parts)
    if side == "pytorch" and len(parts) in (2, 3) and parts[0] in PEER_MODES and parts[1] in PRECISIONS:
        return Peer(options, parts[0], parts[1], parts[2] if len(parts) == 3 else "auto")
    raise WayError(f"expected traind:{'|'.join(OUR_STEPS)}:{'|'.join(PRECISIONS)} or "
                   f"pytorch:{'|'.join(PEER_MODES)}:{'|'.join(PRECISIONS)}[:contiguous|channels_last], got {name}")


def rates_at_once(options, precision, count):
    """Steps a second of `count` trainings at the same time, one thread each: their sum."""
    command = loop_command(options, "--rounds", options.rounds, "--threads", 1, "--precision", precision)
    processes = [subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True) for _ in range(count)]
    texts = [process.communicate()[0] for process in processes]
    return sum(statistics.median(last_json(text, command[0])["rates"]) for text in texts)
