"""Takes the README's pictures: trains on all of MNIST under traffic, scraped by Prometheus, and draws.

Usage: record.py OUTPUT_DIR [EPOCHS]. scripts/dashboard-picture sets what this needs."""
import pathlib
import shlex
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path += [str(ROOT / "tests" / "deploy"), str(ROOT / "tests" / "e2e")]
import repository  # noqa: E402
from dashboard_drawing import draw_dashboard  # noqa: E402
from harness import BIN, DATASETS, Traind  # noqa: E402
from prometheus_server import PrometheusServer  # noqa: E402
from queries import Variables  # noqa: E402
from terminal_drawing import terminal_svg  # noqa: E402
from traffic import Traffic  # noqa: E402

COLUMNS, LINES = 88, 24
WAIT_SECONDS_MAX = 1500


class Terminal:
    """A tmux session of its own server with one command; use as a context manager."""

    def __init__(self, folder, command):
        self.socket = folder / "tmux"
        self.command = command

    def _tmux(self, *arguments):
        return subprocess.run(["tmux", "-S", self.socket, "-f", "/dev/null", *arguments], check=True,
                              capture_output=True, text=True, stdin=subprocess.DEVNULL).stdout

    def __enter__(self):
        prompt = "printf '\\033[1;32m$\\033[0m trainctl start --model s4\\n'"
        command = f"{prompt}; {shlex.join(map(str, self.command))}; sleep 3600"
        self._tmux("new-session", "-d", "-x", str(COLUMNS), "-y", str(LINES), command)
        return self

    def __exit__(self, *_):
        self._tmux("kill-server")

    def captured(self):
        """What the terminal shows, with its colours."""
        return self._tmux("capture-pane", "-e", "-p")


def wait_for(prometheus, expression):
    """Waits until an expression has a series."""
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while not prometheus.series(expression):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {WAIT_SECONDS_MAX} s for {expression}")
        time.sleep(0.5)


def start_run(server, *options):
    result = server.trainctl("start", "--model", "s4", *options)
    if result.returncode != 0:
        raise AssertionError(result.stderr)


def record(folder, output, epochs):
    with Traind(folder, datasets=DATASETS) as server, PrometheusServer(folder, server.metrics_address) as prometheus:
        wait_for(prometheus, 'up{job="traind"} == 1')
        start = time.time()
        start_run(server, "-d", "--epochs", 1)
        wait_for(prometheus, 'traind_run_state{run="s4-1", state="succeeded"}')
        command = [BIN / "trainctl", "--server", server.address, "start", "--model", "s4", "--epochs", epochs]
        with Traffic(server, calls_per_second=60, bad_share=0.03), Terminal(folder, command) as terminal:
            wait_for(prometheus, 'traind_run_state{run="s4-2"}')
            start_run(server, "-d", "--epochs", epochs, "--seed", 2, "--set", "optimizer.sgd.learning_rate=0.02")
            wait_for(prometheus, f'traind_run_progress_ratio{{run="s4-2"}} > {1.6 / epochs}')
            (output / "terminal.svg").write_text(terminal_svg(terminal.captured(), COLUMNS, "trainctl"), encoding="utf-8")
            wait_for(prometheus, 'traind_run_progress_ratio{run="s4-3"} > 0.7')
        end = time.time()
        server.trainctl("cancel", "s4-3")
        variables = Variables(rate_interval="15s", instance=server.metrics_address)
        for name in ("training", "serving"):
            draw_dashboard(prometheus, repository.dashboards()[name], variables, start, end,
                           output / f"dashboard-{name}.png")


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory(prefix="traind-picture-") as temporary:
        record(pathlib.Path(temporary), pathlib.Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) == 3 else 6)
