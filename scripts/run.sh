#!/usr/bin/env bash
# make run: builds, starts the servers, loads the demonstration once, serves until interrupted.
#
# RESET=1 starts anew: the private servers with their data and the master key are removed first.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/toolchain.sh
. scripts/servers/process.sh

binary=$(pwd -P)/target/release/rfa
[ -z "${CARGO_TARGET_DIR:-}" ] || binary=$(mkdir -p "$CARGO_TARGET_DIR" && cd "$CARGO_TARGET_DIR" && pwd -P)/release/rfa
pid_file=var/rfa.pid
key_file=$(pwd -P)/var/master.key
signing_key_file=$(pwd -P)/var/signing.key
custody=$(pwd -P)/var/custody
own_database=yes
[ -z "${DATABASE_URL:-}" ] || own_database=

if [ "${RESET:-}" = 1 ] && [ -z "$own_database" ]; then
  echo "RESET=1 removes what make run made itself; DATABASE_URL names a database of yours: empty it yourself" >&2
  exit 1
fi
if [ "${RESET:-}" = 1 ]; then
  end "$(first_line "$pid_file")" "$binary" TERM
  scripts/servers.sh drop var/run
  rm -rf -- "$key_file" "$custody"
elif runs "$(first_line "$pid_file")" "$binary"; then
  echo "rfa is already running (pid $(first_line "$pid_file")); make stop ends it"
  exit 0
fi

step cargo build --release --locked --bin rfa
start_servers var/run

# The key under which the keys of children and requests are wrapped. Whoever loses it loses them.
if [ -z "${RFA_MASTER_KEY:-}${RFA_MASTER_KEY_FILE:-}${RFA_MASTER_KEY_COMMAND:-}" ]; then
  if [ ! -s "$key_file" ]; then
    (umask 077; od -An -v -tx1 -N32 /dev/urandom | tr -d ' \n' > "$key_file.new"; mv "$key_file.new" "$key_file")
  fi
  export RFA_MASTER_KEY_FILE=$key_file
fi

# Signed checkpoints and the journal of destroyed records belong to the private cluster; elsewhere they
# are kept where the operator says.
if [ -n "$own_database" ] && [ -z "${RFA_SIGNING_KEY:-}${RFA_SIGNING_KEY_FILE:-}${RFA_SIGNING_KEY_COMMAND:-}" ]; then
  if [ ! -s "$signing_key_file" ]; then
    (umask 077; od -An -v -tx1 -N32 /dev/urandom | tr -d ' \n' > "$signing_key_file.new"; mv "$signing_key_file.new" "$signing_key_file")
  fi
  export RFA_SIGNING_KEY_FILE=$signing_key_file
  export RFA_CHECKPOINTS=${RFA_CHECKPOINTS:-$custody/checkpoints} RFA_DESTRUCTIONS=${RFA_DESTRUCTIONS:-$custody/destructions}
fi

# Once for a database: beside the private cluster, or named after the database that was given.
loaded=var/run/demonstration-loaded
[ -n "$own_database" ] || loaded=var/demonstration-$(printf %s "$DATABASE_URL" | sha256sum | cut -c1-12)-loaded

step "$binary" migrate
if [ ! -e "$loaded" ]; then
  step "$binary" simulate --seed 1 --requests 1500
  touch "$loaded"
fi
echo "for the walk of the README, in another terminal:  . var/run/env"
echo $$ > "$pid_file"
exec "$binary" serve --demo
