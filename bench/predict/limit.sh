#!/usr/bin/env bash
# How many predictions a second gRPC itself carries here, in each of its forms: servers
# that answer without any work, under the same load in turns, then after silences.
#
# usage: limit.sh [BUILD]     environment: FORMS, CLIENTS, SECONDS_EACH, ROUNDS, SILENCES,
#                             PROTOCOL (oip or traind), JSON_FOLDER
set -euo pipefail

build=${1:-build/release}
read -r -a forms <<<"${FORMS:-callback callback_raw queues queues_raw mixed mixed_raw}"
folder=$(mktemp -d)
pids=()

stop() {
  local pid
  for pid in "${pids[@]}"; do
    kill -TERM "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  rm -rf "$folder"
}
trap stop EXIT

targets=()
for form in "${forms[@]}"; do
  "$build/bin/predict_echo" --form "$form" --address-file "$folder/$form" >/dev/null &
  pids+=($!)
done
for index in "${!forms[@]}"; do
  form=${forms[index]}
  until [ -s "$folder/$form" ]; do
    kill -0 "${pids[index]}" || { echo "limit.sh: the server $form did not start" >&2; exit 1; }
    sleep 0.1
  done
  targets+=(--target "$form=$(sed 's/grpc=//' "$folder/$form"),${PROTOCOL:-oip},pid=${pids[index]}")
done

json=${JSON_FOLDER:-$folder}
"$build/bin/bench_predict" "${targets[@]}" --clients "${CLIENTS:-1,8,32}" \
  --seconds "${SECONDS_EACH:-5}" --rounds "${ROUNDS:-5}" --json "$json/limit.json"
if [ "${SILENCES:-1,5,60}" != 0 ]; then
  "$build/bin/bench_predict" "${targets[@]}" --idle "${SILENCES:-1,5,60}" --rounds 3 \
    --json "$json/limit-idle.json"
fi
