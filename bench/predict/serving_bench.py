"""The servers of compare.py, and the generator that asks them."""

import json
import pathlib
import re
import struct
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from bench_server import BenchServer  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
TRAIN_ROWS, EVAL_ROWS = 512, 64
START_SECONDS_MAX = 20


def cut_idx(source, target, rows):
    """Copies the first rows of a raw IDX file."""
    data = source.read_bytes()
    sizes = struct.unpack(f">{data[3]}I", data[4:4 + 4 * data[3]])
    row_bytes = 1
    for size in sizes[1:]:
        row_bytes *= size
    start = 4 + 4 * data[3]
    target.write_bytes(data[:4] + struct.pack(f">{data[3]}I", rows, *sizes[1:]) +
                       data[start:start + rows * row_bytes])


def make_datasets(folder, datasets_dir):
    """A datasets folder with all of `mnist`, and a `small` one of its first rows."""
    folder.mkdir()
    mnist = pathlib.Path(datasets_dir).resolve() / "mnist"
    (folder / "mnist").symlink_to(mnist)
    (folder / "small").mkdir()
    for prefix, rows in (("train", TRAIN_ROWS), ("t10k", EVAL_ROWS)):
        for kind in ("images-idx3-ubyte", "labels-idx1-ubyte"):
            cut_idx(mnist / f"{prefix}-{kind}", folder / "small" / f"{prefix}-{kind}", rows)
    return folder


def start_traind(options, folder):
    """A server as a context, on the data directory that was named or on a new one."""
    return BenchServer(options.build, folder, make_datasets(folder / "datasets", options.datasets_dir),
                       data_dir=options.data_dir, flags=options.traind_flag)


def publish(server, recipe, versions):
    """Sees to it that a model has so many versions: each from a training of a few steps."""
    is_file = recipe.endswith(".textproto")
    model = pathlib.Path(recipe).stem if is_file else recipe
    present = [int(version["version"]) for entry in server.trainctl("models")["models"]
               if entry["name"] == model for version in entry["versions"]]
    for seed in range(len(present), versions):
        subprocess.run(
            [server.build / "bin/trainctl", "--server", server.address, "start",
             "--recipe" if is_file else "--model", recipe, "--epochs", "1", "--seed", str(seed + 1),
             "--set", "data.dataset=small"], capture_output=True, check=True)


class Echo:
    """A server without any work, as a context: what gRPC and this machine can carry."""

    def __init__(self, build, folder, form):
        self.address_file = folder / f"echo-{form}"
        self.command = [build / "bin/predict_echo", "--form", form, "--address-file",
                        self.address_file]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + START_SECONDS_MAX
        while not (self.address_file.exists() and self.address_file.read_text().endswith("\n")):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.process.kill()
                raise SystemExit("predict_echo did not start")
            time.sleep(0.01)
        self.address = re.search(r"grpc=(\S+)", self.address_file.read_text()).group(1)
        return self

    def __exit__(self, *unused):
        self.process.terminate()
        self.process.wait()


def target(name, address, protocol, **fields):
    return ",".join([f"{name}={address}", protocol, *(f"{key}={value}" for key, value in fields.items())])


def load_command(options, targets, json_file, **flags):
    command = [options.build / "bin/bench_predict", "--mnist",
               pathlib.Path(options.datasets_dir) / "mnist", "--json", json_file]
    for text in targets:
        command += ["--target", text]
    for name, value in flags.items():
        command += [f"--{name.replace('_', '-')}", str(value)]
    return command


def load(options, folder, targets, **flags):
    """Runs the generator to its end; what it measured, with its table on stdout."""
    json_file = folder / "load.json"
    subprocess.run(load_command(options, targets, json_file, **flags), check=True)
    return json.loads(json_file.read_text())
