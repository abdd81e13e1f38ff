# The last resort: docker-compose.yml, where nothing can be installed and an engine answers.
# Sourced by servers.sh.

compose() { docker compose -p "rfa-$(short_hash "$1")" -f "$root/docker-compose.yml" "${@:2}"; }

compose_answers() {
  command -v docker > /dev/null && docker compose version > /dev/null 2>&1 && docker info > /dev/null 2>&1
}

compose_started() { [ -e "$1/compose-$2/env.part" ]; }

use_compose() { ! "${2}_bin" > /dev/null && compose_answers; }

compose_export_ports() {
  local dir=$1 name
  install -d -m 0755 "$dir/compose-postgres" "$dir/compose-rabbitmq"
  for name in POSTGRES AMQP MANAGEMENT; do
    [ -s "$dir/compose-port.$name" ] || free_port > "$dir/compose-port.$name"
    export "RFA_COMPOSE_${name}_PORT=$(< "$dir/compose-port.$name")"
  done
}

compose_start() {
  local dir=$1 part=$2 here=$1/compose-$2
  compose_export_ports "$dir"
  compose "$dir" up -d --wait "$part" >&2
  if [ "$part" = postgres ]; then
    echo "DATABASE_URL='postgres://postgres:postgres@127.0.0.1:$RFA_COMPOSE_POSTGRES_PORT/postgres'" > "$here/env.part"
    return
  fi
  {
    echo '#!/bin/sh'
    printf 'exec docker compose -p %q -f %q exec -T rabbitmq rabbitmqctl "$@"\n' \
      "rfa-$(short_hash "$dir")" "$root/docker-compose.yml"
  } > "$here/rabbitmqctl"
  chmod 0755 "$here/rabbitmqctl"
  cat > "$here/env.part" << ENV
AMQP_URL='amqp://rfa:rfa@127.0.0.1:$RFA_COMPOSE_AMQP_PORT/%2f'
MANAGEMENT_URL='http://rfa:rfa@127.0.0.1:$RFA_COMPOSE_MANAGEMENT_PORT/api'
RABBITMQCTL='$here/rabbitmqctl'
ENV
}

compose_stop() {
  compose_export_ports "$1"
  compose "$1" stop "$2" >&2
}

compose_drop() {
  compose_export_ports "$1"
  compose "$1" down --volumes >&2
}
