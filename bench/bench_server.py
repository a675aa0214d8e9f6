"""A traind of its own for a benchmark: on a free port, in a temporary folder."""

import json
import os
import pathlib
import re
import subprocess
import time

START_SECONDS_MAX = 120


class BenchServer:
    """Use as a context: `with BenchServer(build, folder, datasets_dir) as server:`."""

    def __init__(self, build, folder, datasets_dir, worker=None, environment=None, data_dir=None,
                 flags=()):
        self.build = pathlib.Path(build)
        self.folder = pathlib.Path(folder)
        self.datasets_dir = datasets_dir
        self.worker = worker or self.build / "bin/traind-worker"
        self.environment = {**os.environ, **(environment or {})}
        self.data_dir = pathlib.Path(data_dir or self.folder / "data")
        self.flags = flags
        self.start_seconds = 0.0

    def __enter__(self):
        addresses = self.folder / "addresses"
        begin = time.monotonic()
        with open(self.folder / "traind.log", "wb") as log:
            self.process = subprocess.Popen(
                [self.build / "bin/traind", "--listen", "127.0.0.1:0", "--metrics-listen",
                 "127.0.0.1:0", "--data-dir", self.data_dir, "--datasets-dir", self.datasets_dir,
                 "--address-file", addresses, "--worker", self.worker, *self.flags],
                stdout=log, stderr=log, env=self.environment)
        while not addresses.exists():
            if self.process.poll() is not None or time.monotonic() > begin + START_SECONDS_MAX:
                self.process.kill()
                raise SystemExit(f"traind did not start: {(self.folder / 'traind.log').read_text()}")
            time.sleep(0.01)
        self.start_seconds = time.monotonic() - begin
        self.address = re.search(r"grpc=(\S+)", addresses.read_text()).group(1)
        return self

    def __exit__(self, *unused):
        self.process.terminate()
        self.process.wait()

    def trainctl(self, *arguments):
        """The parsed output of `trainctl --json`; one document or one per line."""
        result = subprocess.run(
            [self.build / "bin/trainctl", "--server", self.address, "--json",
             *map(str, arguments)], capture_output=True, text=True, check=False)
        try:
            return json.loads(result.stdout)
        except json.JSONDecodeError:
            return [json.loads(line) for line in result.stdout.splitlines()]

    def resident_bytes(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return 1024 * int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1))

    def processor_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def wait(self, run_id):
        subprocess.run([self.build / "bin/trainctl", "--server", self.address, "wait", run_id],
                       capture_output=True, check=False)


def epoch_seconds(events):
    """Training seconds of the first finished epoch among events."""
    for event in events:
        if "epoch_finished" in event:
            return float(event["epoch_finished"]["train_seconds"])
    raise SystemExit("no epoch in the server's events")
