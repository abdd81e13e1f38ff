#!/usr/bin/env bash
# Private servers: one Postgres cluster and one RabbitMQ node that belong to a folder of this checkout.
#
#   scripts/servers.sh start DIR [postgres] [rabbitmq]   starts what does not run yet, writes DIR/env
#   scripts/servers.sh stop  DIR [postgres] [rabbitmq]   ends exactly what was started here, by pid
#   scripts/servers.sh kill  DIR postgres|rabbitmq       the same without a shutdown, as a crash would
#   scripts/servers.sh drop  DIR                         stops and removes the folder with its data
#   scripts/servers.sh install [python] [node] [browser] only the packages that are missing
#
# DIR is relative to the checkout (var/run, var/test). Without named parts, `start` leaves out the
# part whose URL (DATABASE_URL, AMQP_URL) the caller has set. DIR/env holds plain assignments, not
# exports: a shell that reads it must not turn the next `make` into one with servers of its own.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
for part in place process packages postgres rabbitmq compose; do
  # shellcheck source=/dev/null
  . "$root/scripts/servers/$part.sh"
done

usage() { sed -n '2,12p' "${BASH_SOURCE[0]}" | sed 's/^# \{0,1\}//' >&2; exit 64; }

# One start or stop at a time for a folder; daemons close the lock's descriptor (process.sh).
lock() {
  exec 9> "$1.lock"
  flock 9
}

# write_env DIR PART…: of what runs here, and nothing of a part that the caller has a server for: the
# folder may remember one of its own from an earlier start.
write_env() {
  local dir=$1 part file; shift
  (
    umask 077
    : > "$dir/env.new"
    for part in postgres rabbitmq; do
      case " $* " in *" $part "*) ;; *) continue ;; esac
      for file in "$dir/$part/env.part" "$dir/compose-$part/env.part"; do
        if [ -e "$file" ]; then cat "$file" >> "$dir/env.new"; fi
      done
    done
    mv "$dir/env.new" "$dir/env"
  )
}

start() {
  local dir=$1 part; shift
  place "$dir"
  ensure_servers "$@"
  for part in "$@"; do
    if use_compose "$dir" "$part"; then compose_start "$dir" "$part"; else "${part}_start" "$dir"; fi
  done
  # shellcheck disable=SC2046
  write_env "$dir" "$@" $(unset_parts)
}

stop() {
  local dir=$1 part; shift
  [ -d "$dir" ] || return 0
  for part in "$@"; do
    if compose_started "$dir" "$part"; then compose_stop "$dir" "$part"; else "${part}_stop" "$dir" orderly; fi
  done
}

drop() {
  local dir=$1 part nested
  for nested in "$dir"/private-*/; do
    if [ -d "$nested" ]; then drop "${nested%/}"; fi
  done
  stop "$dir" postgres rabbitmq
  for part in postgres rabbitmq; do
    if compose_started "$dir" "$part"; then compose_drop "$dir" "$part"; fi
  done
  unplace "$dir"
  # A test's own folder has a name that never comes back; its lock can go with it.
  case $dir in */private-*) rm -f -- "$dir.lock" ;; esac
}

# What the caller has no server for.
unset_parts() {
  [ -n "${DATABASE_URL:-}" ] || echo postgres
  [ -n "${AMQP_URL:-}" ] || echo rabbitmq
}

if [ "${1:-}" = install ]; then
  for extra in "${@:2}"; do
    case $extra in python | node | browser) ;; *) usage ;; esac
  done
  mapfile -t parts < <(unset_parts)
  ensure_servers "${parts[@]}" "${@:2}"
  exit
fi
[ $# -ge 2 ] || usage
verb=$1
case $2 in
  /*) dir=$2 ;;
  *) dir=$root/$2 ;;
esac
shift 2
parts=("$@")
for part in "${parts[@]}"; do
  case $part in postgres | rabbitmq) ;; *) usage ;; esac
done
install -d -m 0755 "$(dirname "$dir")"
dir=$(cd "$(dirname "$dir")" && pwd -P)/$(basename "$dir")
lock "$dir"
case $verb in
  start)
    [ ${#parts[@]} -gt 0 ] || mapfile -t parts < <(unset_parts)
    start "$dir" "${parts[@]}"
    ;;
  stop)
    [ ${#parts[@]} -gt 0 ] || parts=(postgres rabbitmq)
    stop "$dir" "${parts[@]}"
    ;;
  kill)
    [ ${#parts[@]} -eq 1 ] || usage
    "${parts[0]}_stop" "$dir" crash
    ;;
  drop) drop "$dir" ;;
  *) usage ;;
esac
