# A private Postgres cluster: DIR/postgres/{data,log,port}. Sourced by servers.sh.

# The folder of initdb and pg_ctl: the newest that is installed.
postgres_bin() {
  local bin
  bin=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -t/ -k5 -rV | head -n 1)
  if [ -x "$bin/initdb" ]; then echo "$bin"; return; fi
  command -v pg_config > /dev/null || return 1
  bin=$(pg_config --bindir)
  [ -x "$bin/initdb" ] && [ -x "$bin/pg_ctl" ] && echo "$bin"
}

postgres_init() {
  local here=$1 uid=$2 bin=$3 secret=$4
  rm -rf -- "$here/data.new"
  (umask 077; printf '%s\n' "$secret" > "$here/password"; chown "$uid" "$here/password")
  # Renamed when whole, so that an interrupted initdb leaves nothing that looks like a cluster.
  as "$uid" "$bin/initdb" -D "$here/data.new" -U postgres -E UTF8 --locale=C.UTF-8 --data-checksums \
    --auth=scram-sha-256 --pwfile="$here/password" > "$here/initdb.log" 2>&1 || {
    cat "$here/initdb.log" >&2
    return 1
  }
  rm -f -- "$here/password"
  mv "$here/data.new" "$here/data"
}

# Loopback only, no socket file (its path may be too long), every other setting as Postgres ships it but
# for what POSTGRES_SETTINGS names.
postgres_launch() {
  local here=$1 uid=$2 bin=$3 port=$4
  as "$uid" "$bin/pg_ctl" -D "$here/data" -w -t 120 -l "$here/log" \
    -o "-h 127.0.0.1 -p $port -k '' -N 250 ${POSTGRES_SETTINGS:-}" start \
    < /dev/null > "$here/pg_ctl.log" 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
}

postgres_start() {
  local dir here uid bin port pid secret try
  dir=$(cd "$1" && pwd -P)
  here=$dir/postgres
  uid=$(account postgres)
  bin=$(postgres_bin)
  secret=$(secret "$dir")
  private_folder "$uid" "$here"
  cd "$here"
  [ -d "$here/data" ] || postgres_init "$here" "$uid" "$bin" "$secret"
  pid=$(first_line "$here/data/postmaster.pid")
  if ! runs "$pid" "$here/data"; then
    # A pid that now belongs to somebody else would keep Postgres from starting.
    if [ -n "$pid" ] && [ -d "/proc/$pid" ]; then rm -f -- "$here/data/postmaster.pid"; fi
    for try in 1 2 3; do
      port=$(kept_port "$here/port")
      postgres_launch "$here" "$uid" "$bin" "$port" && break
      if [ "$try" = 3 ]; then
        echo "servers: Postgres did not start; the end of its log:" >&2
        tail -n 20 "$here/log" "$here/pg_ctl.log" >&2
        return 1
      fi
    done
  fi
  port=$(< "$here/port")
  (umask 077; echo "DATABASE_URL='postgres://postgres:$secret@127.0.0.1:$port/postgres'" > "$here/env.part")
  echo "servers: Postgres runs on 127.0.0.1:$port (${1#"$root"/}/postgres)" >&2
}

# `orderly` is Postgres' fast shutdown; `crash` its immediate one, which leaves recovery to do.
postgres_stop() {
  local here pid signal=INT
  [ -d "$1/postgres/data" ] || return 0
  here=$(cd "$1" && pwd -P)/postgres
  [ "$2" != crash ] || signal=QUIT
  pid=$(first_line "$here/data/postmaster.pid")
  runs "$pid" "$here/data" || return 0
  end "$pid" "$here/data" "$signal"
  echo "servers: Postgres stopped (${1#"$root"/}/postgres)" >&2
}
