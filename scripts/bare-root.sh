# shellcheck shell=bash
# A bare Debian 12 in a folder, for the scripts beside this file. Needs root.
#
#   trap clean_up EXIT; make_root; mount_in /proc /proc; copy_configuration
#   run_in_root COMMAND…
#
# ROOT is its folder (empty: a new one in TMPDIR), KEEP=yes leaves it there.
# What is unmounted and removed at the end is only what this run made.
# shellcheck disable=SC2317 # the trap calls what looks unreachable

KEEP=no
ROOT=
MOUNTED=()
CERTIFICATES=/etc/ssl/host-certificates.pem

# Exits with 77, which ctest takes for skipped, where this machine cannot run such a script.
need_root_and() {
  local program
  [ "$(id -u)" = 0 ] || { echo "${0##*/}: chroot and mount need root" >&2; exit 77; }
  for program in "$@"; do
    command -v "$program" >/dev/null || { echo "${0##*/}: apt-get install $program first" >&2; exit 77; }
  done
}

# Processes left in the root would keep its mounts busy.
stop_leftovers() {
  local process
  for process in /proc/[0-9]*; do
    if [ "$(readlink "$process/root" 2>/dev/null)" = "$ROOT" ]; then
      kill -KILL "${process#/proc/}" 2>/dev/null || true
    fi
  done
}

clean_up() {
  local index
  [ -n "$ROOT" ] || return 0
  stop_leftovers
  for ((index = ${#MOUNTED[@]} - 1; index >= 0; index--)); do
    umount "${MOUNTED[index]}" 2>/dev/null || umount --lazy "${MOUNTED[index]}"
  done
  MOUNTED=()
  if grep -q " $ROOT/" /proc/mounts; then
    echo "${0##*/}: something is still mounted below $ROOT; leaving it" >&2
  elif [ "$KEEP" = no ]; then
    rm -rf --one-file-system "$ROOT"
  else
    echo "the root is left in $ROOT"
  fi
}

make_root() {
  if [ -z "$ROOT" ]; then
    ROOT=$(mktemp -d "${TMPDIR:-/tmp}/bare-debian.XXXXXX")
  else
    mkdir "$ROOT"
  fi
  ROOT=$(cd "$ROOT" && pwd -P)
  chmod 755 "$ROOT"
  debootstrap --variant=minbase bookworm "$ROOT" "$(debian_mirror)" >"$ROOT.log" 2>&1 || {
    tail -n 20 "$ROOT.log" >&2
    echo "${0##*/}: debootstrap failed" >&2
    exit 1
  }
  rm -f "$ROOT.log"
}

# The first mirror that apt names here.
debian_mirror() {
  # shellcheck disable=SC2016 # apt expands it
  apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 2>/dev/null | grep -m 1 debian || echo http://deb.debian.org/debian
}

mount_in() {
  mkdir -p "$ROOT$2"
  mount --bind "$1" "$ROOT$2"
  MOUNTED+=("$ROOT$2")
}

copy_configuration() {
  local file
  for file in /etc/resolv.conf /etc/hosts /etc/pip.conf; do
    [ ! -e "$file" ] || install -D -m 644 "$file" "$ROOT$file"
  done
  # Not in its usual place: installing ca-certificates there writes Debian's own.
  install -D -m 644 /etc/ssl/certs/ca-certificates.crt "$ROOT$CERTIFICATES"
  [ ! -e "$HOME/.config/pip/pip.conf" ] || install -D -m 644 "$HOME/.config/pip/pip.conf" "$ROOT/etc/pip.conf"
  cp -a /etc/apt/apt.conf.d/. "$ROOT/etc/apt/apt.conf.d/"
  [ ! -e /etc/apt/apt.conf ] || cp /etc/apt/apt.conf "$ROOT/etc/apt/"
}

# An empty environment, but for proxies and certificates: nothing of this
# machine's tools may leak in.
run_in_root() {
  local kept=() name
  for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY PIP_INDEX_URL PIP_DEFAULT_TIMEOUT; do
    [ -z "${!name:-}" ] || kept+=("$name=${!name}")
  done
  chroot "$ROOT" env -i "${kept[@]}" SSL_CERT_FILE=$CERTIFICATES PIP_CERT=$CERTIFICATES HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
    TERM="${TERM:-dumb}" "$@"
}

# A datasets folder DIR whose `mnist` is short, for a training that takes seconds.
make_small_datasets() {
  TRAIND_BIN=. TRAIND_DATASETS=.deps/datasets PYTHONPATH=tests/e2e PYTHONDONTWRITEBYTECODE=1 \
    .deps/python/bin/python -c 'import sys, harness; harness.make_small_mnist(sys.argv[1])' "$1"
}
