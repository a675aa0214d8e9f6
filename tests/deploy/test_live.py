"""A real Prometheus scrapes a real traind that trains, fails and predicts: every query
of every dashboard and every alert's expression has data.

Run by ctest, which sets what tests/e2e/harness.py needs."""
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

import repository
from prometheus_server import PrometheusServer
from queries import Variables, measured_part, panel_queries

sys.path.insert(0, str(repository.ROOT / "tests" / "e2e"))
from harness import Traind  # noqa: E402
from traffic import Traffic  # noqa: E402

# Generous: workers run at a low priority, and other tests may share the cores.
SECONDS_MAX, RUN_SECONDS_MAX = 100, 240
# Expressions that have no series on a healthy machine without a GPU.
NO_DATA_EXPECTED = {
    "nv_gpu_utilization": "there may be no GPU",
    "nv_gpu_memory_used_bytes": "there may be no GPU",
    "nv_gpu_memory_total_bytes": "there may be no GPU",
    "nv_gpu_power_limit": "there may be no GPU",
    "nv_energy_consumption": "there may be no GPU",
    'reason=~"failed|lost"': "every version could be loaded",
    "absent(": "has a series only when there is no target",
}


def excepted(expression):
    return any(part in expression for part in NO_DATA_EXPECTED)


def children(process_id):
    """Ids of a process' children."""
    listed = subprocess.run(["pgrep", "-P", str(process_id)], capture_output=True, text=True, check=False)
    return [int(line) for line in listed.stdout.split()]


def wait_until(found, what):
    """Polls `found` until it returns something, and returns that."""
    deadline = time.monotonic() + SECONDS_MAX
    while time.monotonic() < deadline:
        result = found()
        if result:
            return result
        time.sleep(0.2)
    raise AssertionError(f"waited {SECONDS_MAX} s for {what}")


class LiveTest(unittest.TestCase):
    """One history for all tests: a short run, a run that is followed under traffic, a lost one."""

    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="traind-live-")
        folder = pathlib.Path(cls.temporary.name)
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.server = cls.enterClassContext(Traind(folder))
        cls.prometheus = cls.enterClassContext(PrometheusServer(folder, cls.server.metrics_address))
        cls.start = time.time()
        wait_until(lambda: cls.prometheus.series('up{job="traind"} == 1'), "the first scrape")
        cls._train_shortly()
        with Traffic(cls.server, calls_per_second=40) as traffic:
            cls._train_with_a_run_in_the_queue()
        cls.codes = traffic.codes
        cls._lose_a_run()
        cls._wait_for_scrapes(2)
        cls.end = time.time()

    @classmethod
    def _run(cls, *arguments, **options):
        result = cls.server.trainctl(*arguments, **options)
        if result.returncode != 0:
            raise AssertionError(result.stderr + result.stdout)

    @classmethod
    def _start(cls, epochs, *options):
        # One thread: several that wait for each other suffer most where other tests run too.
        cls._run("start", "--model", "s4", "--threads", "1", "--epochs", epochs, *options)

    @classmethod
    def _train_shortly(cls):
        """A run that is over before the next scrape, most likely."""
        cls._start(1)
        cls._wait_for_scrapes(2)

    @classmethod
    def _train_with_a_run_in_the_queue(cls):
        cls._start(20, "-d")
        cls._start(2, "-d")
        for run in ("s4-2", "s4-3"):
            cls._run("logs", run, "-f", timeout=RUN_SECONDS_MAX)
            cls._wait_for_scrapes(2)

    @classmethod
    def _lose_a_run(cls):
        """Kills a worker, as a machine short of memory would."""
        cls._start(100, "-d", "--max-retries", "0")
        wait_until(lambda: cls.prometheus.series('traind_run_state{run="s4-4", state="running"}'), "s4-4 to run")
        for worker in children(cls.server.process.pid):
            os.kill(worker, signal.SIGKILL)
        wait_until(lambda: cls.prometheus.series('traind_run_state{run="s4-4", state="failed"}'), "s4-4 to fail")

    @classmethod
    def _wait_for_scrapes(cls, count):
        after = time.time() + count
        wait_until(lambda: cls.prometheus.series(f'timestamp(up{{job="traind"}}) > {after}'), "a scrape")

    def history(self, expression):
        """An expression's series over all that has happened."""
        return self.prometheus.history(expression, self.start, self.end, "1s")

    def assert_all_have_data(self, expressions):
        without = [f"{name}: {expression}" for name, expression in expressions
                   if not excepted(expression) and not self.history(expression)]
        self.assertEqual(without, [], "\n" + "\n".join(without))

    def test_every_query_of_every_dashboard_has_data(self):
        variables = Variables(instance=self.server.metrics_address)
        self.assert_all_have_data(
            (f"{name} / {query.panel}", variables.fill(query.expression))
            for name, dashboard in repository.dashboards().items() for query in panel_queries(name, dashboard))

    def test_every_alert_watches_something_that_is_there(self):
        self.assert_all_have_data((rule["alert"], measured_part(rule["expr"])) for rule in repository.alerts())

    def test_a_run_shorter_than_a_scrape_interval_is_seen(self):
        for metric in ("traind_run_loss", "traind_run_accuracy"):
            splits = {series["metric"]["split"] for series in self.history(f'{metric}{{run="s4-1"}}')}
            self.assertEqual(splits, {"train", "eval"}, metric)
        self.assertTrue(self.history('traind_run_state{run="s4-1", state="succeeded"}'))

    def test_the_curves_have_a_point_of_each_epoch(self):
        epochs = {value for series in self.history('traind_run_epoch{run="s4-2"}') for _, value in series["values"]}
        self.assertIn("20", epochs)
        self.assertGreater(len(epochs), 2, epochs)

    def test_prometheus_counts_what_the_callers_saw(self):
        for code, count in self.codes.items():
            counted = self.prometheus.series(f'sum(traind_predict_requests_total{{code="{code.name}"}})')
            self.assertEqual(float(counted[0]["value"][1]), count, code)

    def test_the_killed_worker_raises_its_alerts(self):
        firing = {alert["labels"]["alertname"] for alert in self.prometheus.get("alerts")["alerts"]
                  if alert["state"] == "firing"}
        self.assertGreaterEqual(firing, {"TraindRunFailed", "TraindAttemptsLost"})

    def test_promtool_finds_nothing_to_improve_in_the_page(self):
        with urllib.request.urlopen(f"http://{self.server.metrics_address}/metrics", timeout=10) as page:
            text = page.read()
        result = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, check=False)
        # Names that this page shares with other programs, and prometheus-cpp's own.
        theirs = ("exposer_", "nv_")
        own = [line for line in result.stderr.decode().splitlines() if not line.startswith(theirs)]
        self.assertEqual(own, [])


if __name__ == "__main__":
    unittest.main()
