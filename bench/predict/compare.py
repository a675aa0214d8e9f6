"""What predictions cost and survive, on a traind of its own.

  table      answers a second and latencies at 1, 8 and 32 clients: this server over both
             protocols, a server without any work, and Triton where --triton names one
  training   latencies at 200 requests a second, alone and while s4 trains, in turns
  overload   three times the load that a costly model can take: what is still answered, how
             soon the rest is refused, memory and health
  aliases    an alias that moves 100 times between two of three versions, under load
  silence    the first request after a minute without one, against the median
  all        each of them

usage: compare.py {table,training,overload,aliases,silence,all} [--build build/release] ...
"""

import argparse
import json
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from serving_bench import HERE, Echo, load, load_command, publish, start_traind, target

HEAVY = str(HERE / "heavy.textproto")
ENDED = ("RUN_STATE_SUCCEEDED", "RUN_STATE_FAILED", "RUN_STATE_CANCELLED")
TRAINING_START_SECONDS_MAX = 120


def by_name(result):
    return {(entry["target"], entry["clients"]): entry for entry in result["loads"]}


def table(options, server, folder):
    publish(server, "s4", 1)
    with Echo(options.build, folder, options.echo_form) as echo:
        targets = [target(f"traind {protocol}", server.address, protocol)
                   for protocol in options.protocols]
        targets.append(target(f"echo {options.protocols[0]}", echo.address, options.protocols[0]))
        if options.triton:
            targets.append(target("triton", options.triton, "oip"))
        result = load(options, folder, targets, clients=options.clients, seconds=options.seconds,
                      rounds=options.rounds)
    entries = by_name(result)
    for (name, clients), entry in entries.items():
        if not name.startswith("traind"):
            continue
        for other in (f"echo {options.protocols[0]}", "triton"):
            if (other, clients) in entries:
                peer = entries[other, clients]
                print(f"{name} against {other}, {clients} clients: throughput "
                      f"{entry['answers_per_second'] / peer['answers_per_second']:.2f}, p50 "
                      f"{entry['answered_ms']['p50'] / peer['answered_ms']['p50']:.2f}, p99 "
                      f"{entry['answered_ms']['p99'] / peer['answered_ms']['p99']:.2f}")
    return result["loads"]


def start_training(server):
    """Starts s4 on all of MNIST; returns its id once it trains."""
    run_id = server.trainctl("start", "-d", "--model", "s4", "--epochs", "1000")["id"]
    deadline = time.monotonic() + TRAINING_START_SECONDS_MAX
    while True:
        run = server.trainctl("describe", run_id)
        if int(run.get("progress", {}).get("step_in_epoch", 0)) > 0:
            return run_id
        if run["state"] in ENDED or time.monotonic() > deadline:
            raise SystemExit(f"the training does not train: {run}")
        time.sleep(0.1)


def training(options, server, folder):
    publish(server, "s4", 1)
    targets = [target("traind", server.address, options.protocols[0])]
    p99 = {False: [], True: []}
    for number in range(options.rounds):
        order = (False, True) if number % 2 == 0 else (True, False)
        for trains in order:
            print(f"round {number + 1}, {'while s4 trains' if trains else 'alone'}", flush=True)
            run_id = start_training(server) if trains else None
            result = load(options, folder, targets, rate=options.rate, seconds=options.seconds,
                          rounds=1)["loads"][0]
            p99[trains].append(result["answered_ms"]["p99"])
            if trains:
                state = server.trainctl("describe", run_id)["state"]
                if state != "RUN_STATE_RUNNING":
                    raise SystemExit(f"the training ended before the measurement: {state}")
                server.trainctl("cancel", run_id)
                server.wait(run_id)
    ratios = [busy / idle for idle, busy in zip(p99[False], p99[True])]
    print(f"p99 at {options.rate} requests/s: alone {statistics.median(p99[False]):.2f} ms, while "
          f"s4 trains {statistics.median(p99[True]):.2f} ms, ratio {statistics.median(ratios):.2f}, "
          f"rounds {', '.join(f'{ratio:.2f}' for ratio in ratios)}")
    return {"alone_p99_ms": p99[False], "while_training_p99_ms": p99[True], "ratios": ratios}


class MemoryWatch:
    """The largest memory of a server while this is open, as a context."""

    def __init__(self, server):
        self.server, self.largest = server, server.resident_bytes()
        self.done = threading.Event()
        self.thread = threading.Thread(target=self._watch)

    def _watch(self):
        while not self.done.wait(0.2):
            self.largest = max(self.largest, self.server.resident_bytes())

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *unused):
        self.done.set()
        self.thread.join()


def overload(options, server, folder):
    publish(server, HEAVY, 1)
    targets = [target("heavy", server.address, options.protocols[0], model="heavy")]
    levels = load(options, folder, targets, clients="1,4,16,64", seconds=options.seconds,
                  rounds=options.rounds)["loads"]
    peak = max(level["answers_per_second"] for level in levels)
    before = server.resident_bytes()
    with MemoryWatch(server) as memory:
        result = load(options, folder, targets, rate=3 * peak, seconds=options.overload_seconds,
                      rounds=1, deadline_ms=options.deadline_ms, health_ms=200)["loads"][0]
    after = server.resident_bytes()
    refused = {code: count for code, count in result["codes"].items() if code != "OK"}
    print(f"one request alone takes {levels[0]['answered_ms']['p50']:.1f} ms (expected 5 or more); peak "
          f"{peak:.1f} answers/s")
    print(f"asked {3 * peak:.1f} requests/s for {options.overload_seconds} s: "
          f"{result['answers_per_second']:.1f} answers/s, "
          f"{result['answers_per_second'] / peak:.3f} of the peak")
    print(f"the rest: {refused}, after p50 {result['refused_ms']['p50']:.2f} ms, p99 "
          f"{result['refused_ms']['p99']:.2f} ms")
    print(f"memory: before {before / 2**20:.0f} MiB, largest {memory.largest / 2**20:.0f}, after "
          f"{after / 2**20:.0f}; health: {result['health_failures']} of {result['health_checks']} "
          f"checks failed; the generator took {100 * result['processor_share']:.1f}% of the CPU")
    return {"levels": levels, "overload": result, "bytes_before": before,
            "bytes_largest": memory.largest, "bytes_after": after}


def aliases(options, server, folder):
    publish(server, "s4", 3)
    server.trainctl("promote", "s4", 1)
    json_file = folder / "aliases.json"
    seconds = max(10.0, options.moves * 0.3)
    process = subprocess.Popen(load_command(
        options, [target("production", server.address, options.protocols[0], version="production")],
        json_file, clients=8, seconds=seconds, warm_up=0, rounds=1))
    begin = time.monotonic()
    moved = 0
    for number in range(options.moves):
        answer = server.trainctl("promote", "s4", 2 - number % 2)
        moved += bool(answer) and "name" in answer and process.poll() is None
        time.sleep(max(0.0, begin + (number + 1) * seconds / options.moves * 0.9 - time.monotonic()))
    process.wait()
    result = json.loads(json_file.read_text())["loads"][0]
    failures = {code: count for code, count in result["codes"].items() if code != "OK"}
    strangers = set(result["versions"]) - {"1", "2"}
    print(f"{moved} of {options.moves} moves under load; failed requests {failures or 'none'}; "
          f"answers by version {result['versions']}, by versions that were never live "
          f"{strangers or 'none'}")
    return {"moved": moved, "load": result}


def silence(options, server, folder):
    publish(server, "s4", 1)
    with Echo(options.build, folder, options.echo_form) as echo:
        result = load(options, folder,
                      [target("traind", server.address, options.protocols[0]),
                       target("echo", echo.address, options.protocols[0])],
                      idle=options.silences, rounds=options.rounds)["idle"]
    for entry in result:
        for pause, first in entry["first_ms"].items():
            print(f"{entry['target']}: after {pause} s of silence the first request took "
                  f"{statistics.median(first) / entry['median_ms']:.2f} of the median")
    return result


SCENARIOS = {"table": table, "training": training, "overload": overload, "aliases": aliases,
             "silence": silence}


def parse():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=[*SCENARIOS, "all"])
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build/release"))
    parser.add_argument("--datasets-dir", default=".deps/datasets")
    parser.add_argument("--data-dir", help="of a server that has s4 already; it is added to")
    parser.add_argument("--traind-flag", action="append", default=[], help="such as --predict-threads=2")
    parser.add_argument("--protocols", default="oip,traind", help="the first is used for all but table")
    parser.add_argument("--triton", help="table: address of a Triton that serves s4")
    parser.add_argument("--echo-form", default="callback", help="see predict_echo --help")
    parser.add_argument("--clients", default="1,8,32", help="table")
    parser.add_argument("--seconds", type=float, default=5, help="of each load")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rate", type=float, default=200, help="training: requests a second")
    parser.add_argument("--overload-seconds", type=float, default=60)
    parser.add_argument("--deadline-ms", type=float, default=1000, help="overload: of each request")
    parser.add_argument("--moves", type=int, default=100, help="aliases")
    parser.add_argument("--silences", default="60", help="silence: seconds, with commas")
    parser.add_argument("--json", type=pathlib.Path, help="file for all figures")
    options = parser.parse_args()
    options.protocols = options.protocols.split(",")
    return options


def main():
    # So that the servers end with this.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    options = parse()
    chosen = list(SCENARIOS) if options.what == "all" else [options.what]
    figures = {}
    with tempfile.TemporaryDirectory(prefix="traind-bench-") as name:
        folder = pathlib.Path(name)
        with start_traind(options, folder) as server:
            for what in chosen:
                print(f"== {what}", flush=True)
                figures[what] = SCENARIOS[what](options, server, folder)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
