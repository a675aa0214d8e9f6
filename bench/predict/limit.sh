#!/usr/bin/env bash
# How many predictions a second gRPC itself carries here, in each of its forms: servers
# that answer without any work, under the same load in turns, then after silences.
# FORM_awake is the form with a call from within every 300 ms.
#
# usage: limit.sh [BUILD]     environment: FORMS, IDLE_FORMS, CLIENTS, SECONDS_EACH, ROUNDS,
#                             SILENCES (0: none), PROTOCOL (oip or traind), JSON_FOLDER
set -euo pipefail

build=${1:-build/release}
folder=$(mktemp -d)
json=${JSON_FOLDER:-$folder}
pids=()
targets=()

stop_servers() {
  local pid
  for pid in "${pids[@]}"; do
    kill -TERM "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  pids=()
}
trap 'stop_servers; rm -rf "$folder"' EXIT

# start_servers FORM…: a process of its own for each, and their targets.
start_servers() {
  local form index=0
  local -a beat
  rm -f "$folder"/address-*
  targets=()
  for form in "$@"; do
    beat=()
    if [[ $form == *_awake ]]; then beat=(--heartbeat-ms 300); fi
    "$build/bin/predict_echo" --form "${form%_awake}" "${beat[@]}" \
      --address-file "$folder/address-$form" >/dev/null &
    pids+=($!)
  done
  for form in "$@"; do
    until [ -s "$folder/address-$form" ]; do
      kill -0 "${pids[index]}" || { echo "limit.sh: the server $form did not start" >&2; exit 1; }
      sleep 0.1
    done
    targets+=(--target "$form=$(sed 's/grpc=//' "$folder/address-$form"),${PROTOCOL:-oip},pid=${pids[index]}")
    index=$((index + 1))
  done
}

read -r -a forms <<<"${FORMS:-callback callback_raw queues queues_raw mixed mixed_raw}"
start_servers "${forms[@]}"
"$build/bin/bench_predict" "${targets[@]}" --clients "${CLIENTS:-1,8,32}" \
  --seconds "${SECONDS_EACH:-5}" --rounds "${ROUNDS:-5}" --json "$json/limit.json"
stop_servers

if [ "${SILENCES:-1,5,60}" != 0 ]; then
  read -r -a forms <<<"${IDLE_FORMS:-callback callback_awake queues mixed mixed_awake}"
  start_servers "${forms[@]}"
  "$build/bin/bench_predict" "${targets[@]}" --idle "${SILENCES:-1,5,60}" \
    --rounds "${ROUNDS:-5}" --json "$json/limit-idle.json"
fi
