"""What event streams cost and carry.

  rate       events a second through worker, store and one reader, for a minute, without a gap
  tail       how soon a reader of a run with a million events has its newest ones
  isolation  steps a second of a training with 0 and with many readers, in turns, one of which
             never reads; the readers' own processor time is told apart

usage: streams.py {rate,tail,isolation} [--build build/release] ...
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile
import threading
import time

from bench_server import BenchServer, epoch_seconds


def readers_command(options, server, run_id, **flags):
    command = [options.build / "bin/stream_readers", "--server", server.address, "--run", run_id]
    for name, value in flags.items():
        command += [f"--{name.replace('_', '-')}"] + ([] if value is True else [str(value)])
    return command


def read(options, server, run_id, **flags):
    result = subprocess.run(readers_command(options, server, run_id, **flags),
                            capture_output=True, text=True, check=False)
    if not result.stdout:
        raise SystemExit(result.stderr)
    return json.loads(result.stdout)


def load_server(options, folder, count, per_second):
    return BenchServer(options.build, folder, options.datasets_dir,
                       worker=(options.build / "bin/event_load_worker").resolve(),
                       environment={"EVENT_LOAD_COUNT": str(count),
                                    "EVENT_LOAD_PER_SECOND": str(per_second)})


def start(server, *arguments):
    return server.trainctl("start", "-d", "--max-retries", "0", *arguments)["id"]


def worker_log(server, run_id):
    return (server.folder / f"data/logs/{run_id}/attempt-1.log").read_text().strip()


def rate(options):
    count = options.per_second * options.seconds
    with tempfile.TemporaryDirectory(prefix="traind-bench-") as folder:
        with load_server(options, folder, count, options.per_second) as server:
            run_id = start(server, "--model", "s4")
            result = read(options, server, run_id)
            print(f"{options.per_second} events/s asked for during {options.seconds} s; "
                  f"{worker_log(server, run_id)}")
            print(f"one reader: {result}")
            print(f"server: {server.processor_seconds():.1f} s of processor time, "
                  f"{server.resident_bytes() / 2**20:.0f} MiB")


def tail(options):
    with tempfile.TemporaryDirectory(prefix="traind-bench-") as folder:
        with load_server(options, folder, options.events, 0) as server:
            run_id = start(server, "--model", "s4")
            server.wait(run_id)
            print(f"{worker_log(server, run_id)}, as fast as the server took them")
            last = int(server.trainctl("describe", run_id)["last_sequence"])
            size = (server.folder / "data/runs.sqlite").stat().st_size
            print(f"the database has {size / 2**20:.0f} MiB")
        with load_server(options, folder, options.events, 0) as server:
            print(f"a new server is ready after {server.start_seconds * 1e3:.0f} ms")
            for after in (last - 100, last - 100, last - 10000):
                result = read(options, server, run_id, after=after)
                print(f"events after {after} of {last}: the first message after "
                      f"{result['first_message_ms']:.1f} ms, all {result['events']} after "
                      f"{result['seconds'] * 1e3:.1f} ms")
            result = read(options, server, run_id)
            print(f"all {result['events']} events: {result['seconds']:.2f} s, "
                  f"{result['gaps']} gaps")


def one_epoch(options, server, streams):
    """Steps a second of one epoch with so many readers, and what these used."""
    before = server.processor_seconds(), server.resident_bytes()
    run_id = start(server, "--recipe", options.recipe, "--epochs", "1", "--threads",
                   options.threads)
    largest = [before[1]]
    done = threading.Event()

    def watch():
        while not done.wait(0.2):
            largest[0] = max(largest[0], server.resident_bytes())

    watcher = threading.Thread(target=watch)
    watcher.start()
    readers = {}
    if streams:
        readers = read(options, server, run_id, streams=streams, stalled=1,
                       connections=options.connections)
    server.wait(run_id)
    done.set()
    watcher.join()
    events = server.trainctl("logs", run_id)
    steps = next(int(event["epoch_started"]["step_count"])
                 for event in events if "epoch_started" in event)
    return {"steps_per_second": steps / epoch_seconds(events), "readers": readers,
            "server_processor_seconds": server.processor_seconds() - before[0],
            "growth_mib": (largest[0] - before[1]) / 2**20}


def isolation(options):
    ratios = []
    with tempfile.TemporaryDirectory(prefix="traind-bench-") as folder:
        with BenchServer(options.build, folder, options.datasets_dir) as server:
            one_epoch(options, server, 0)  # to warm up
            for number in range(options.rounds):
                order = (0, options.streams) if number % 2 == 0 else (options.streams, 0)
                speed = {}
                for streams in order:
                    result = one_epoch(options, server, streams)
                    speed[streams] = result["steps_per_second"]
                    print(f"round {number + 1}, {streams} readers: "
                          f"{result['steps_per_second']:.2f} steps/s, server "
                          f"{result['server_processor_seconds']:.2f} s of processor time and "
                          f"{result['growth_mib']:.1f} MiB more, readers {result['readers']}",
                          flush=True)
                    time.sleep(1)
                ratios.append(speed[options.streams] / speed[0])
    print(f"{options.streams} readers on {options.connections} connections and one that never "
          f"reads: median {statistics.median(ratios):.4f} of the speed without, rounds "
          f"{', '.join(f'{ratio:.4f}' for ratio in ratios)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["rate", "tail", "isolation"])
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build/release"))
    parser.add_argument("--datasets-dir", default=".deps/datasets")
    parser.add_argument("--per-second", type=int, default=10000, help="rate: events a second")
    parser.add_argument("--seconds", type=int, default=60, help="rate: how long")
    parser.add_argument("--events", type=int, default=1000000, help="tail: events of the run")
    parser.add_argument("--recipe", default="recipes/s4-classic.textproto", help="isolation")
    parser.add_argument("--threads", type=int, default=2, help="isolation: of the training")
    parser.add_argument("--streams", type=int, default=1000, help="isolation: readers")
    parser.add_argument("--connections", type=int, default=100, help="isolation")
    parser.add_argument("--rounds", type=int, default=4, help="isolation")
    options = parser.parse_args()
    {"rate": rate, "tail": tail, "isolation": isolation}[options.what](options)


if __name__ == "__main__":
    main()
