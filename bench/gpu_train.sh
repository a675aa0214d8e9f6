#!/bin/bash
# Training on a GPU, ours and PyTorch's in turns: steps a second of whole epochs, plain
# and captured, by precision, layout and batch; then the time to 99.4%. Prints a table
# and leaves the figures, one JSON object a line, in OUT/gpu_train.jsonl.
#
# usage: gpu_train.sh [--bin DIR] [--data DIR] [--out DIR] [--python PYTHON] [--rounds N] [--seconds N]
#   --bin     where train_loop_bench and libtraind_cuda.so lie      (build/release/bin)
#   --data    folder with the four IDX files of MNIST               (.deps/datasets/mnist)
#   --out     folder for the figures                                (.)
#   --python  a Python with torch, for the peer and the libraries   (python3)
#   --rounds  how often each measurement is made                    (1)
#   --seconds after which no further measurement starts             (170)
set -u
cd "$(dirname "$0")/.." || exit 1

bin=build/release/bin data=.deps/datasets/mnist out=. python=python3 rounds=1 seconds=170
while [ $# -gt 1 ]; do
  case "$1" in
    --bin) bin=$2 ;;
    --data) data=$2 ;;
    --out) out=$2 ;;
    --python) python=$2 ;;
    --rounds) rounds=$2 ;;
    --seconds) seconds=$2 ;;
    *) echo "gpu_train.sh: unknown option $1" >&2; exit 2 ;;
  esac
  shift 2
done
if [ $# -gt 0 ]; then
  echo "gpu_train.sh: expected pairs of option and value, got $1" >&2
  exit 2
fi

# Both sides read DIR/mnist.
datasets=$(mktemp -d)
trap 'rm -rf "$datasets"' EXIT
ln -s "$(realpath "$data")" "$datasets/mnist"
figures=$out/gpu_train.jsonl
: > "$figures"
libraries=$("$python" -c 'import os, torch; print(os.path.join(os.path.dirname(torch.__file__), "lib"))') || exit 1
"$python" -c 'import torch; print(torch.cuda.get_device_name(0), "with torch", torch.__version__)'
ours_path=$bin:$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}

left() { [ "$SECONDS" -lt "$seconds" ]; }

# ours RECIPE ARGUMENT...
ours() {
  left || { echo "out of time: traind $*" >&2; return; }
  local recipe=$1
  shift
  LD_LIBRARY_PATH=$ours_path timeout 90 "$bin/train_loop_bench" --recipe "recipes/$recipe.textproto" \
    --datasets-dir "$datasets" --device cuda:0 --steps 100 "$@" |
    sed "s/^{/{\"recipe\": \"$recipe\", /" | tee -a "$figures"
}

peer() {
  left || { echo "out of time: pytorch $*" >&2; return; }
  timeout 120 "$python" bench/train/pytorch_peer.py --datasets-dir "$datasets" --device cuda --steps 300 --json "$@" |
    tee -a "$figures"
}

ways_at_64="captured:fp32 captured:tf32 captured_channels_last:tf32 captured:bf16 captured_channels_last:bf16"
ways="captured_channels_last:tf32 captured_channels_last:bf16"

for round in $(seq "$rounds"); do
  # What the promise is about comes first.
  ours s4 --epochs 10 --step captured --precision fp32
  ours s4 --epochs 10 --step captured_channels_last --precision tf32
  ours s4 --epochs 10 --step captured_channels_last --precision bf16
  for batch in 64 128 512; do
    peer --precision fp32 tf32 bf16 --batch "$batch"
    [ "$batch" -ne 64 ] || ways_now=$ways_at_64
    for way in $ways_now; do
      ours s4-classic --epochs 4 --batch "$batch" --step "${way%:*}" --precision "${way#*:}"
    done
    ways_now=$ways
  done
  ours s4-classic --epochs 2 --step plain --precision fp32
  ours s4-classic --epochs 2 --step plain --precision bf16
  # Compiling takes long and is done once.
  [ "$round" -gt 1 ] || peer --mode compile --precision tf32 bf16
done

"$python" - "$figures" <<'TABLE'
import collections, json, statistics, sys

groups = collections.defaultdict(list)
for line in open(sys.argv[1]):
    row = json.loads(line)
    key = (row["batch"], row["side"], row.get("recipe", "s4-classic"), row["step"], row["precision"])
    groups[key].append(row)
median = lambda rows, name: statistics.median(row[name] for row in rows if name in row)
print(f"{'batch':>5}  {'side':8} {'recipe':11} {'step':23} {'precision':9} {'it/s':>8} {'samples/s':>10} "
      f"{'prepare s':>9} {'99.4% s':>8} {'all s':>6} {'last %':>6}")
for key, rows in sorted(groups.items()):
    batch, side, recipe, step, precision = key
    line = (f"{batch:5}  {side:8} {recipe:11} {step:23} {precision:9} {median(rows, 'rate'):8.0f} "
            f"{median(rows, 'samples_per_second'):10.0f} {median(rows, 'preparation_seconds'):9.2f}")
    if any("target_seconds" in row for row in rows):
        line += (f" {median(rows, 'target_seconds'):8.2f} {median(rows, 'target_seconds_with_preparation'):6.2f}")
    else:
        line += " " * 16
    if "last_accuracy" in rows[0]:
        line += f" {100 * median(rows, 'last_accuracy'):6.2f}"
    print(line)
TABLE
