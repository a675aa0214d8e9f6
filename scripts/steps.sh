# shellcheck shell=bash
# Named steps with progress, shared by the scripts beside this file.
#
#   steps_begin TITLE COUNT LOG_DIR
#   run_step 'NAME (DETAIL)' REMEDY COMMAND…
#
# A step's output goes to LOG_DIR/NAME.log. On a terminal one line shows the
# time and the log's newest line; elsewhere a line every half minute does. A
# failing step shows the end of its log and the remedy, and ends the script.

STEP_NUMBER=0
STEP_COUNT=0
STEP_LOG_DIR=
STEP_TAIL_LINES=30
# A folder whose growing size is worth showing, such as a download's.
STEP_WATCHED_DIR=

steps_begin() {
  STEP_TITLE=$1 STEP_COUNT=$2 STEP_LOG_DIR=$3 STEP_NUMBER=0
  mkdir -p "$STEP_LOG_DIR"
}

elapsed_text() {
  local seconds=$1
  if [ "$seconds" -lt 60 ]; then printf '%ds' "$seconds"; else printf '%dm%02ds' $((seconds / 60)) $((seconds % 60)); fi
}

step_status_line() {
  local log=$1 start=$2 size=
  if [ -n "$STEP_WATCHED_DIR" ] && [ -d "$STEP_WATCHED_DIR" ]; then
    size=", $(du -sm "$STEP_WATCHED_DIR" 2>/dev/null | cut -f1) MB"
  fi
  printf '%s%s  %s' "$(elapsed_text $((SECONDS - start)))" "$size" "$(tail -n 1 "$log" 2>/dev/null | tr '\r' '\n' | tail -n 1)"
}

# Runs in the background beside a step until it is killed or the script is gone.
step_progress() {
  local label=$1 log=$2 start=$SECONDS ticks=0 columns
  columns=$(tput cols 2>/dev/null || echo 80)
  while kill -0 $$ 2>/dev/null; do
    sleep 1
    ticks=$((ticks + 1))
    if [ -t 1 ]; then
      printf '\r\033[K%.*s' $((columns - 1)) "$label: $(step_status_line "$log" "$start")"
    elif [ $((ticks % 30)) -eq 0 ]; then
      printf '    %s\n' "$(step_status_line "$log" "$start")"
    fi
  done
}

step_failed() {
  local label=$1 remedy=$2 log=$3 status=$4
  {
    printf '%s: FAILED with exit code %s. The last lines of %s:\n' "$label" "$status" "$log"
    tail -n "$STEP_TAIL_LINES" "$log" 2>/dev/null | sed 's/^/    | /'
    printf '\n%s stopped at step "%s".\nWhat to do: %s\n' "$STEP_TITLE" "${label#* }" "$remedy"
  } >&2
}

# The command runs in a subshell with `set -e` on, so do not call this in a
# condition: bash would turn `set -e` off again.
run_step() {
  local name=$1 remedy=$2 log start=$SECONDS watcher status label
  shift 2
  STEP_NUMBER=$((STEP_NUMBER + 1))
  label="[$STEP_NUMBER/$STEP_COUNT] $name"
  log=${name%% (*}
  log="$STEP_LOG_DIR/${log//[^A-Za-z0-9.]/-}.log"
  : >"$log"
  [ -t 1 ] || printf '%s ...\n' "$label"
  step_progress "$label" "$log" &
  watcher=$!
  set +e
  (
    set -e
    "$@"
  ) >"$log" 2>&1 </dev/null
  status=$?
  kill "$watcher" 2>/dev/null
  wait "$watcher" 2>/dev/null
  set -e
  [ ! -t 1 ] || printf '\r\033[K'
  if [ "$status" -ne 0 ]; then
    step_failed "$label" "$remedy" "$log" "$status"
    exit 1
  fi
  printf '%s: done in %s\n' "$label" "$(elapsed_text $((SECONDS - start)))"
}

# For a step with nothing to do.
skip_step() {
  STEP_NUMBER=$((STEP_NUMBER + 1))
  printf '[%s/%s] %s: %s\n' "$STEP_NUMBER" "$STEP_COUNT" "$1" "$2"
}
