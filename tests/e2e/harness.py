"""A real traind on a free port over a small slice of MNIST, for end-to-end tests.

The test runner sets TRAIND_BIN (folder of the binaries), TRAIND_DATASETS (folder
that holds mnist/) and PYTHONPATH (the generated stubs)."""

import json
import os
import pathlib
import signal
import struct
import subprocess
import tempfile
import time
import unittest

import grpc

BIN = pathlib.Path(os.environ["TRAIND_BIN"])
DATASETS = pathlib.Path(os.environ["TRAIND_DATASETS"])
TRAIN_ROWS, TEST_ROWS = 2000, 500
START_SECONDS_MAX = 60


def slice_idx(source, target, rows):
    """Copies the first rows of a raw IDX file."""
    with open(source, "rb") as file:
        magic = file.read(4)
        sizes = struct.unpack(f">{magic[3]}I", file.read(4 * magic[3]))
        row_bytes = 1
        for size in sizes[1:]:
            row_bytes *= size
        body = file.read(rows * row_bytes)
    with open(target, "wb") as file:
        file.write(magic + struct.pack(f">{magic[3]}I", rows, *sizes[1:]) + body)


def make_small_mnist(folder, train_rows=TRAIN_ROWS, test_rows=TEST_ROWS):
    """A dataset folder whose `mnist` is the real one, cut short."""
    mnist = pathlib.Path(folder) / "mnist"
    mnist.mkdir(parents=True)
    for prefix, rows in (("train", train_rows), ("t10k", test_rows)):
        for kind in ("images-idx3-ubyte", "labels-idx1-ubyte"):
            slice_idx(DATASETS / "mnist" / f"{prefix}-{kind}", mnist / f"{prefix}-{kind}", rows)


class Traind:
    """A server process; use as a context manager."""

    def __init__(self, folder, *flags, datasets=None, listen="127.0.0.1:0", data_dir=None, environment=None,
                 prefix=()):
        self.folder = pathlib.Path(folder)
        self.flags = flags
        self.listen = listen
        self.data_dir = pathlib.Path(data_dir or self.folder / "data")
        self.environment, self.prefix = environment or {}, prefix
        self.datasets = datasets or self.folder / "datasets"
        if not self.datasets.exists():
            make_small_mnist(self.datasets)
        self.log = self.folder / "traind.log"

    def __enter__(self):
        address_file = self.folder / "addresses"
        address_file.unlink(missing_ok=True)
        command = [*self.prefix, BIN / "traind", "--listen", self.listen, "--metrics-listen", "127.0.0.1:0",
                   "--data-dir", self.data_dir, "--datasets-dir", self.datasets,
                   "--address-file", address_file, *self.flags]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL,
                                            env={**os.environ, **self.environment})
        deadline = time.monotonic() + START_SECONDS_MAX
        while not address_file.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.process.kill()
                raise AssertionError(f"traind did not start:\n{self.log.read_text()}")
            time.sleep(0.02)
        lines = dict(line.split("=", 1) for line in address_file.read_text().split())
        self.address, self.metrics_address = lines["grpc"], lines["metrics"]
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=40)
            except subprocess.TimeoutExpired:
                self.process.kill()
                raise
            finally:
                self.process.wait()

    def trainctl(self, *arguments, timeout=120):
        """Runs trainctl against this server."""
        return subprocess.run([BIN / "trainctl", "--server", self.address, *map(str, arguments)],
                              capture_output=True, text=True, timeout=timeout,
                              stdin=subprocess.DEVNULL, check=False)

    def json(self, *arguments):
        """What `trainctl --json` prints, parsed."""
        result = self.trainctl("--json", *arguments)
        if result.returncode != 0:
            raise AssertionError(result.stderr)
        return json.loads(result.stdout)

    def channel(self):
        """A gRPC channel to this server that may send anything."""
        return grpc.insecure_channel(
            self.address, options=[("grpc.max_send_message_length", -1),
                                   ("grpc.max_receive_message_length", -1)])


class EndToEndTest(unittest.TestCase):
    """One server per test class, `flags` added to its command line."""

    flags = ()

    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="traind-e2e-")
        cls.folder = pathlib.Path(cls.temporary.name)
        cls.server = Traind(cls.folder, *cls.flags).__enter__()

    @classmethod
    def tearDownClass(cls):
        try:
            cls.server.__exit__()
        finally:
            cls.temporary.cleanup()

    def assert_refused(self, result, *parts):
        """One line on stderr that holds every part, and exit code 1."""
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        lines = result.stderr.strip().splitlines()
        self.assertEqual(len(lines), 1, result.stderr)
        for part in parts:
            self.assertIn(part, lines[0])
