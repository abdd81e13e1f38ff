# A private RabbitMQ node with an epmd of its own: DIR/rabbitmq/… Sourced by servers.sh.
#
# The scripts of the package are called where they lie, not by Debian's wrapper in /usr/sbin, which
# refuses ordinary users and knows one node only.

rabbitmq_bin() {
  local bin
  for bin in $(printf '%s\n' /usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin | sort -rV) /usr/lib/rabbitmq/bin; do
    if [ -x "$bin/rabbitmq-server" ] && command -v epmd > /dev/null; then echo "$bin"; return; fi
  done
  return 1
}

# The whole environment of the node and of every tool that talks to it.
rabbitmq_environment() {
  local here=$1
  rabbitmq_env=(
    HOME="$here/home"
    ERL_EPMD_ADDRESS=127.0.0.1 ERL_EPMD_PORT="$(< "$here/port.epmd")"
    RABBITMQ_NODENAME="rfa-$(short_hash "$here")@localhost"
    RABBITMQ_DIST_PORT="$(< "$here/port.dist")"
    RABBITMQ_CONF_ENV_FILE="$here/rabbitmq-env.conf"
    RABBITMQ_CONFIG_FILE="$here/rabbitmq" RABBITMQ_ADVANCED_CONFIG_FILE="$here/advanced.config"
    RABBITMQ_ENABLED_PLUGINS_FILE="$here/enabled_plugins"
    RABBITMQ_MNESIA_BASE="$here/mnesia" RABBITMQ_LOG_BASE="$here/log" RABBITMQ_PID_FILE="$here/pid"
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1}"
  )
}

rabbitmq_configure() {
  local here=$1 uid=$2 secret=$3 name
  for name in amqp management epmd dist; do kept_port "$here/port.$name" > /dev/null; done
  cat > "$here/rabbitmq.conf" << CONF
listeners.tcp.1 = 127.0.0.1:$(< "$here/port.amqp")
management.tcp.ip = 127.0.0.1
management.tcp.port = $(< "$here/port.management")
default_user = rfa
default_pass = $secret
default_user_tags.administrator = true
log.console = false
disk_free_limit.absolute = 50MB
CONF
  : > "$here/rabbitmq-env.conf"
  echo '[].' > "$here/advanced.config"
  echo '[rabbitmq_management].' > "$here/enabled_plugins"
  [ -s "$here/home/.erlang.cookie" ] || random_hex 16 > "$here/home/.erlang.cookie"
  chown "$uid" "$here"/*.conf "$here/advanced.config" "$here/enabled_plugins" "$here/home/.erlang.cookie"
  chmod 0600 "$here/rabbitmq.conf"
  chmod 0400 "$here/home/.erlang.cookie"
}

# A script that is rabbitmqctl for this node, whoever calls it.
rabbitmq_write_ctl() {
  local here=$1 bin=$3 words
  account_words "$2"
  {
    echo '#!/bin/sh'
    echo 'cd / || exit 1'
    printf 'exec'
    printf ' %q' "${words[@]}" "${rabbitmq_env[@]}" "$bin/rabbitmqctl"
    echo ' "$@"'
  } > "$here/rabbitmqctl"
  chmod 0755 "$here/rabbitmqctl"
}

rabbitmq_answers() { port_taken "$(< "$1/port.amqp")" && port_taken "$(< "$1/port.management")"; }
rabbitmq_answers_or_died() { rabbitmq_answers "$1" || gone "$2" "$1"; }

rabbitmq_launch() {
  local here=$1 uid=$2 bin=$3 epmd launcher
  epmd=$(daemon "$here/epmd.log" "$uid" epmd -address 127.0.0.1 -port "$(< "$here/port.epmd")")
  echo "$epmd" > "$here/epmd.pid"
  wait_until 20 port_taken "$(< "$here/port.epmd")" || return 1
  # The last two arguments mean nothing to Erlang; they mark the process as ours.
  launcher=$(daemon "$here/boot.log" "$uid" env "${rabbitmq_env[@]}" "$bin/rabbitmq-server" -rfa "$here")
  echo "$launcher" > "$here/launcher.pid"
  wait_until 20 runs "$launcher" "$here" || return 1
  wait_until 180 rabbitmq_answers_or_died "$here" "$launcher"
  rabbitmq_answers "$here"
}

rabbitmq_running() {
  runs "$(first_line "$1/launcher.pid")" "$1" && runs "$(first_line "$1/pid")" "$1"
}

rabbitmq_start() {
  local dir here uid bin secret try
  dir=$(cd "$1" && pwd -P)
  here=$dir/rabbitmq
  uid=$(account rabbitmq)
  bin=$(rabbitmq_bin)
  secret=$(secret "$dir")
  for folder in "$here" "$here/home" "$here/mnesia" "$here/log"; do private_folder "$uid" "$folder"; done
  cd "$here"
  if ! rabbitmq_running "$here"; then
    for try in 1 2 3; do
      rabbitmq_stop "$1" crash 2> /dev/null
      rabbitmq_configure "$here" "$uid" "$secret"
      rabbitmq_environment "$here"
      rabbitmq_launch "$here" "$uid" "$bin" && break
      echo "servers: RabbitMQ did not start at try $try" >&2
      rabbitmq_stop "$1" crash 2> /dev/null
      if [ "$try" = 3 ]; then
        echo "servers: RabbitMQ did not start; the end of its logs:" >&2
        tail -n 20 "$here"/boot.log "$here"/epmd.log "$here"/log/*.log >&2 || true
        return 1
      fi
    done
    rabbitmq_write_ctl "$here" "$uid" "$bin"
  fi
  rabbitmq_write_env "$here" "$secret"
  echo "servers: RabbitMQ runs on 127.0.0.1:$(< "$here/port.amqp") (${1#"$root"/}/rabbitmq)" >&2
}

rabbitmq_write_env() {
  local here=$1 secret=$2
  (
    umask 077
    cat > "$here/env.part" << ENV
AMQP_URL='amqp://rfa:$secret@127.0.0.1:$(< "$here/port.amqp")/%2f'
MANAGEMENT_URL='http://rfa:$secret@127.0.0.1:$(< "$here/port.management")/api'
RABBITMQCTL='$here/rabbitmqctl'
ENV
  )
}

rabbitmq_stop() {
  local here pid signal=TERM stopped=
  [ -d "$1/rabbitmq" ] || return 0
  here=$(cd "$1" && pwd -P)/rabbitmq
  [ "$2" != crash ] || signal=KILL
  ! runs "$(first_line "$here/pid")" "$here" || stopped=yes
  end "$(first_line "$here/pid")" "$here" "$signal"
  end "$(first_line "$here/launcher.pid")" "$here" "$signal"
  # A node that had not written its pid yet outlives its launcher: it is known by its mark.
  for pid in $(pids_with "$here"); do end "$pid" "$here" KILL; done
  end "$(first_line "$here/epmd.pid")" "$(first_line "$here/port.epmd")" TERM
  [ -z "$stopped" ] || echo "servers: RabbitMQ stopped (${1#"$root"/}/rabbitmq)" >&2
}
