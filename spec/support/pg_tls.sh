#!/bin/sh
# A private PostgreSQL cluster that speaks TLS on a port of 127.0.0.1, with a certificate of its own for localhost.
#
#   pg_tls.sh DIR     makes it in the new folder DIR and prints the port; pg_cluster.sh stop DIR ends it
#
# DIR/server.crt is the certificate, its own root.
set -eu
here=$(dirname "$0")
dir=$1
"$here/pg_cluster.sh" start "$dir" >/dev/null
owner=$(stat -c %U "$dir")
openssl req -new -x509 -days 2 -nodes -newkey rsa:2048 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
  -keyout "$dir/server.key" -out "$dir/server.crt" >/dev/null 2>&1
chmod 600 "$dir/server.key"
[ "$owner" = "$(id -un)" ] || chown "$owner" "$dir/server.key" "$dir/server.crt"
chmod 711 "$dir"
pid=$(head -n 1 "$dir/data/postmaster.pid")
bin=$(dirname "$(readlink "/proc/$pid/exe")")
control() {
  if [ "$(id -u)" = 0 ]; then runuser -u "$owner" -- "$bin/pg_ctl" "$@"; else "$bin/pg_ctl" "$@"; fi
}
# A free port is found by trying: another one is taken when the server does not come up with it.
cd "$dir"
for try in 1 2 3 4 5; do
  port=$((20000 + ($$ * 7 + try * 1009) % 30000))
  cat >"$dir/data/tls.conf" <<CONF
listen_addresses = '127.0.0.1'
port = $port
ssl = on
ssl_cert_file = '$dir/server.crt'
ssl_key_file = '$dir/server.key'
CONF
  grep -q tls.conf "$dir/data/postgresql.conf" || echo "include 'tls.conf'" >>"$dir/data/postgresql.conf"
  control -D "$dir/data" -l "$dir/server.log" -w -t 20 restart >/dev/null 2>&1 && { echo "$port"; exit 0; }
  control -D "$dir/data" -m immediate -w stop >/dev/null 2>&1 || true
done
cat "$dir/server.log" >&2
exit 1
