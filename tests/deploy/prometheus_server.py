"""A real Prometheus on a free port that scrapes one traind by the shipped configuration."""
import copy
import json
import pathlib
import re
import shutil
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

import yaml

import repository

START_SECONDS_MAX = 30
LISTENING = re.compile(r'msg="Listening on" address=(\S+)')


def configuration(target, scrape_interval):
    """deploy/prometheus/prometheus.yml with another address and pace."""
    config = copy.deepcopy(repository.load_yaml(repository.PROMETHEUS_CONFIG))
    config["global"].update(scrape_interval=scrape_interval, evaluation_interval=scrape_interval)
    config["rule_files"] = [str(repository.RULES)]
    jobs = [job for job in config["scrape_configs"] if job["job_name"] == "traind"]
    jobs[0].update(static_configs=[{"targets": [target]}], scrape_interval=scrape_interval,
                   scrape_timeout=scrape_interval)
    config["scrape_configs"] = jobs
    return config


class PrometheusServer:
    """A Prometheus process; use as a context manager. Scrapes `target`, a `host:port`."""

    def __init__(self, folder, target, scrape_interval="1s"):
        self.folder = pathlib.Path(folder)
        self.config = configuration(target, scrape_interval)
        self.log = self.folder / "prometheus.log"

    def __enter__(self):
        binary = shutil.which("prometheus")
        if binary is None:
            raise FileNotFoundError("prometheus is missing. Run scripts/setup.")
        config_file = self.folder / "prometheus.yml"
        config_file.write_text(yaml.safe_dump(self.config), encoding="utf-8")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [binary, f"--config.file={config_file}", f"--storage.tsdb.path={self.folder / 'tsdb'}",
                 "--web.listen-address=127.0.0.1:0"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            self._wait_until_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _wait_until_ready(self):
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline and self.process.poll() is None:
            found = LISTENING.search(self.log.read_text(encoding="utf-8"))
            if found:
                self.url = f"http://{found[1]}"
                try:
                    with urllib.request.urlopen(f"{self.url}/-/ready", timeout=5):
                        return
                except (urllib.error.HTTPError, urllib.error.URLError):
                    pass  # it listens before it has read its log
            time.sleep(0.1)
        raise AssertionError(f"Prometheus did not start:\n{self.log.read_text(encoding='utf-8')}")

    def get(self, path, **parameters):
        """The `data` of an answer of the HTTP API. ValueError with Prometheus' words if it refuses."""
        body = urllib.parse.urlencode(parameters).encode()
        try:
            with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{body.decode()}", timeout=30) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise ValueError(f"{parameters.get('query', path)}: {json.load(error).get('error', error)}") from error

    def series(self, expression):
        """The series that an expression has now."""
        return self.get("query", query=expression)["result"]

    def history(self, expression, start, end, step):
        """An expression's series from `start` to `end`, in seconds since 1970: [{metric, values}]."""
        return self.get("query_range", query=expression, start=start, end=end, step=step)["result"]
