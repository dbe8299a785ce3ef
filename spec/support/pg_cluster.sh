#!/bin/sh
# A private PostgreSQL cluster for the specs.
#
#   pg_cluster.sh start DIR    makes a cluster in the new folder DIR and prints its URL
#   pg_cluster.sh stop DIR     stops it and removes DIR
#   pg_cluster.sh crash DIR    stops it at once, as a failure would
#   pg_cluster.sh resume DIR   starts it again
#
# PG_CONF may hold more lines for the server's configuration.
#
# It listens on a unix socket inside DIR only, runs as an unprivileged user (the server refuses root)
# and forgets about durability. DIR must be short: a socket's path has room for 107 characters.
set -eu

fail() { echo "pg_cluster: $*" >&2; exit 1; }

# Prints the folder of the server programs: newest Debian version first, else wherever initdb lies.
bin_dir() {
  for dir in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -rV); do
    [ -x "$dir/initdb" ] && { echo "$dir"; return; }
  done
  initdb=$(command -v initdb) || fail "no PostgreSQL server found (Debian: apt-get install postgresql-15)"
  dirname "$initdb"
}

# Runs a command as the owner of the cluster.
as_owner() {
  if [ "$(id -u)" != 0 ]; then "$@"
  elif command -v runuser >/dev/null; then runuser -u "$owner" -- "$@"
  else su "$owner" -s /bin/sh -c 'exec "$0" "$@"' -- "$@"
  fi
}

run_server() {
  as_owner "$bin/pg_ctl" -D "$dir/data" -l "$dir/server.log" -w -t 60 start >/dev/null 2>&1 ||
    { cat "$dir/server.log" >&2; fail "the server did not start"; }
}

[ $# = 2 ] || fail "usage: pg_cluster.sh start|stop|crash|resume DIR"
dir=$2
owner=$(id -un)
if [ "$owner" = root ]; then
  owner=nobody
  id postgres >/dev/null 2>&1 && owner=postgres
fi
case $dir in /*) ;; *) dir=$(pwd)/$dir ;; esac
bin=$(bin_dir)

case $1 in
start)
  [ ${#dir} -le 80 ] || fail "$dir: too long for a socket path"
  mkdir -p "$dir"
  chmod 700 "$dir"
  [ "$owner" = "$(id -un)" ] || chown "$owner" "$dir"
  cd "$dir"
  as_owner "$bin/initdb" -D "$dir/data" -U alchemoon -A trust -E UTF8 --locale=C.UTF-8 --no-sync \
    >"$dir/initdb.log" 2>&1 || { cat "$dir/initdb.log" >&2; fail "initdb failed"; }
  cat >>"$dir/data/postgresql.conf" <<CONF
listen_addresses = ''
unix_socket_directories = '$dir'
fsync = off
synchronous_commit = off
full_page_writes = off
max_connections = 200
max_prepared_transactions = 50
timezone = 'UTC'
logging_collector = off
${PG_CONF:-}
CONF
  # Everybody is trusted but this role, which a spec makes to be asked for a password.
  { echo "local all alchemoon_password scram-sha-256"; cat "$dir/data/pg_hba.conf"; } >"$dir/hba"
  cat "$dir/hba" >"$dir/data/pg_hba.conf"
  run_server
  as_owner "$bin/createdb" -h "$dir" -U alchemoon alchemoon
  echo "postgresql://alchemoon@/alchemoon?host=$dir"
  ;;
stop)
  [ -d "$dir" ] || exit 0
  cd "$dir"
  if [ -f "$dir/data/postmaster.pid" ]; then
    as_owner "$bin/pg_ctl" -D "$dir/data" -m immediate -w -t 30 stop >/dev/null 2>&1 || true
  fi
  cd /
  rm -rf "$dir"
  ;;
crash) cd "$dir" && as_owner "$bin/pg_ctl" -D "$dir/data" -m immediate -w -t 30 stop >/dev/null 2>&1 ;;
resume) cd "$dir" && run_server ;;
*) fail "usage: pg_cluster.sh start|stop|crash|resume DIR" ;;
esac
