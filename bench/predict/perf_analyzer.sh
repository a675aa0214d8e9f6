#!/usr/bin/env bash
# Triton's perf_analyzer against a server of the Open Inference Protocol, at 1, 8 and 32
# clients. It needs a newer C library than Debian 12's, so it runs in a Debian 13 of its
# own: the folder ROOT, which is made if it is not there (with debootstrap; needs root).
#
# usage: perf_analyzer.sh ROOT ADDRESS [MODEL [OPTION…]]
#   OPTION… goes to perf_analyzer, such as -b 4 --measurement-interval 5000
#   environment: CLIENTS (1 8 32), MIRROR, RESULTS (a folder for its tables as CSV)
set -euo pipefail

if [ $# -lt 2 ]; then
  sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
root=$1 address=$2 model=${3:-s4}
shift $(($# < 3 ? $# : 3))
[ -z "${RESULTS:-}" ] || mkdir -p "$RESULTS"
version=2.60.0
program=/opt/perf_analyzer

make_root() {
  local mirror
  # shellcheck disable=SC2016 # apt expands it
  mirror=${MIRROR:-$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 2>/dev/null | grep -m 1 debian || echo http://deb.debian.org/debian)}
  debootstrap --variant=minbase --include=libstdc++6,libcurl4t64,zlib1g,libnuma1,libgomp1 \
    trixie "$root" "$mirror" >&2
}

fetch_program() {
  local folder
  folder=$(mktemp -d)
  python3 -m pip download --quiet --no-deps --platform manylinux_2_38_x86_64 --only-binary=:all: \
    --dest "$folder" "perf-analyzer==$version"
  python3 -m zipfile -e "$folder"/perf_analyzer-*.whl "$folder/wheel"
  mkdir -p "$root$program"
  cp -a "$folder/wheel/." "$root$program/"
  rm -rf "$folder"
}

# 1,000 different rows of numbers from 0 to 1: perf_analyzer's own are random bits, among them
# such as are no numbers, which traind refuses.
make_inputs() {
  python3 - >"$root/tmp/perf-inputs.json" <<'PYTHON'
import json, random
random.seed(6)
print(json.dumps({"data": [{"x": {"content": [round(random.random(), 3) for _ in range(784)],
                                  "shape": [1, 28, 28]}} for _ in range(1000)]}))
PYTHON
}

[ -x "$root/usr/bin/env" ] || make_root
[ -d "$root$program" ] || fetch_program
binary=$(cd "$root" && find ".$program" -name perf_analyzer -type f | head -n 1)
chmod +x "$root/$binary"
make_inputs
for clients in ${CLIENTS:-1 8 32}; do
  echo "== $clients clients"
  chroot "$root" "${binary#.}" -m "$model" -i grpc -u "$address" --concurrency-range "$clients" \
    --input-data /tmp/perf-inputs.json \
    -f "/tmp/perf-$clients.csv" "$@"
  if [ -n "${RESULTS:-}" ]; then
    cp "$root/tmp/perf-$clients.csv" "$RESULTS/"
  fi
done
