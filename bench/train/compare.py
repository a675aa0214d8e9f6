"""How fast a training goes, ours and PyTorch's in turns on the same machine.

In each round every way has one turn, and another way begins; the table has the medians of the
rounds, and what they are against the peers. Ways are named traind:STEP:PRECISION and
pytorch:MODE:PRECISION[:LAYOUT].

  --profile   also where a fused step's time goes, stage by stage, and its share of the roofline
  --at-once   also as many trainings as there are cores, one thread each, against one with all

usage: compare.py [--build build/release] [--python PYTHON] [--batch 64,128] [--rounds 5] ...
"""

import argparse
import contextlib
import json
import os
import pathlib
import platform
import re
import sys

import figures
import peer_venv
import ways

DEFAULT_WAYS = ["traind:fused:fp32", "traind:fused:bf16", "traind:plain:fp32", "traind:plain:bf16",
                "pytorch:eager:fp32", "pytorch:eager:bf16", "pytorch:compile:fp32", "pytorch:compile:bf16"]
DEFAULT_BASES = ["pytorch:eager:fp32", "pytorch:compile:bf16"]


def machine():
    """What the figures are of."""
    cpuinfo = pathlib.Path("/proc/cpuinfo").read_text()
    model = re.search(r"^model name\s*:\s*(.+)$", cpuinfo, re.MULTILINE)
    flags = re.search(r"^flags\s*:\s*(.+)$", cpuinfo, re.MULTILINE)
    wanted = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")
    return {"processor": model.group(1) if model else platform.machine(),
            "cores": len(os.sched_getaffinity(0)), "kernel": platform.release(),
            "instructions": [flag for flag in wanted if flags and flag in flags.group(1).split()]}


def order(names, number):
    """Of a round: each way begins once in as many rounds as there are ways."""
    shift = number % len(names)
    return names[shift:] + names[:shift]


def compare(options, batch):
    """Steps a second of each way, round by round."""
    options.batch = batch
    rates = {name: [] for name in options.ways}
    with contextlib.ExitStack() as stack:
        running = {name: stack.enter_context(ways.make(name, options)) for name in options.ways}
        for number in range(options.rounds):
            for name in order(options.ways, number):
                rates[name].append(running[name].turn())
                print(f"batch {batch} round {number + 1}: {name} {rates[name][-1]:.1f} it/s", flush=True)
        about = [way.about for way in running.values() if isinstance(way, ways.Peer)]
    print("\n".join([f"== batch {batch}", *figures.speed_table(rates, batch, options.against)]), flush=True)
    return {"batch": batch, "rates": rates, "medians": figures.medians(rates),
            "ratios": {base: figures.ratios(rates, base) for base in options.against if base in rates}, "peers": about}


def profile(options, batch, precision):
    """Where the time of a fused step goes."""
    command = [options.build / "bin/fused_step_bench", "--recipe", options.recipe, "--batch", batch, "--threads",
               options.threads, "--steps", options.steps, "--json"]
    if precision == "bf16":
        command.append("--bf16")
    step = ways.run(command)
    peak = ways.run([options.build / "bin/machine_peak", "--path", step["path"], "--threads", options.threads,
                     "--bytes", step["activation_bytes"]])
    print("\n".join([f"== a step in {precision}, batch {batch}, {options.threads} threads, kernels {step['path']}",
                     *figures.profile_table(step, peak)]), flush=True)
    return {"step": step, "peak": peak}


def at_once(options, precision):
    """Trainings at once with a thread each, against one with all threads, in turns."""
    options.batch = options.batches[0]
    rates = {"one training": [], f"{options.threads} at once": []}
    with ways.OurLoop(options, "auto", precision) as alone:
        for _ in range(options.rounds):
            rates["one training"].append(alone.turn())
            rates[f"{options.threads} at once"].append(ways.rates_at_once(options, precision, options.threads))
    print("\n".join([f"== trainings at once, {precision}, steps of all of them",
                     *figures.speed_table(rates, options.batch, ["one training"])]), flush=True)
    return rates


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build/release"))
    parser.add_argument("--recipe", default="recipes/s4-classic.textproto")
    parser.add_argument("--datasets-dir", default=".deps/datasets")
    parser.add_argument("--random-images", action="store_true", help="no dataset; our side is the fused step alone")
    parser.add_argument("--ways", default=",".join(DEFAULT_WAYS), help="with commas; empty: none")
    parser.add_argument("--against", default=",".join(DEFAULT_BASES), help="ways that the others are compared with")
    parser.add_argument("--batch", dest="batches", default="64", help="rows of a step, with commas")
    parser.add_argument("--steps", type=int, default=150, help="of a turn")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), help="of each way")
    parser.add_argument("--python", help="a Python with torch; otherwise --venv is used")
    parser.add_argument("--venv", default="build/torch-venv", help="folder for one, made when it is not there")
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--at-once", action="store_true")
    parser.add_argument("--json", type=pathlib.Path, help="file for all figures")
    options = parser.parse_args()
    options.ways = [name for name in options.ways.split(",") if name]
    options.against = options.against.split(",")
    options.batches = [int(batch) for batch in options.batches.split(",")]
    return options


def main():
    options = parse()
    if not options.python and any(name.startswith("pytorch") for name in options.ways):
        options.python = peer_venv.python_of(options.venv)
    result = {"machine": machine(), "recipe": options.recipe, "threads": options.threads, "steps": options.steps}
    print(json.dumps(result["machine"]), flush=True)
    try:
        if options.ways:
            result["speeds"] = [compare(options, batch) for batch in options.batches]
        if options.profile:
            precisions = ["fp32", "bf16"] if "avx512_bf16" in result["machine"]["instructions"] else ["fp32"]
            result["profiles"] = {precision: profile(options, options.batches[0], precision)
                                  for precision in precisions}
        if options.at_once:
            result["at_once"] = {precision: at_once(options, precision) for precision in ways.PRECISIONS}
    except ways.WayError as error:
        sys.exit(f"compare.py: {error}")
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
