# Sourced by test, examples and asan: scratch folder, builds, the private PostgreSQL cluster.
# shellcheck shell=bash
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
make=${MAKE:-make} build=${BUILD:-build} jobs=${JOBS:-2}

fail() { echo "$*" >&2; echo "0 passed, 1 failed"; exit 1; }

# build TARGET LUA
build() { $make -s --no-print-directory -j"$jobs" "$1" LUA="$2" BUILD="$build" || fail "$1 does not build for $2"; }

# A scratch folder in $run, gone at the end together with the cluster in it, however the end comes.
run=$(mktemp -d /tmp/am.XXXXXX) || exit 1
chmod 711 "$run" # the cluster's owner has to reach its folder
cleanup() {
  trap - EXIT
  spec/support/pg_cluster.sh stop "$run/pg"
  rm -rf "$run"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

# Starts the cluster with one database per slot, so that specs side by side never meet. The URL's
# database is %s in ALCHEMOON_URL_PATTERN; run_spec puts its slot in.
start_cluster() {
  local url slot bin
  url=$(spec/support/pg_cluster.sh start "$run/pg") || fail "PostgreSQL does not start"
  bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
  for ((slot = 0; slot < jobs; slot++)); do
    PATH=$PATH:$bin createdb -h "$run/pg" -U alchemoon "slot$slot" || fail "createdb failed"
  done
  export ALCHEMOON_URL_PATTERN=${url/\/alchemoon\?//slot%s?}
}
