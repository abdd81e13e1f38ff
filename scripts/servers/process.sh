# Ports, pids and waiting. Sourced by servers.sh.

port_taken() { (exec 3<> "/dev/tcp/127.0.0.1/$1") 2> /dev/null; }

# A loopback port below the range that the kernel hands out by itself. Two callers may still pick
# the same one at the same time: whoever loses fails to start, and is started again elsewhere.
free_port() {
  local port
  while port=$((20000 + RANDOM % 12000)); port_taken "$port"; do :; done
  echo "$port"
}

# kept_port FILE: the port of last time while it is free, else a new one.
kept_port() {
  local port=
  [ ! -s "$1" ] || port=$(< "$1")
  if [ -z "$port" ] || port_taken "$port"; then port=$(free_port); fi
  echo "$port" > "$1"
  echo "$port"
}

# runs PID WORD: that pid is alive and has WORD among its arguments. A pid alone proves nothing:
# after a reboot it may belong to anybody.
runs() {
  local words word
  [ -n "$1" ] && [ -r "/proc/$1/cmdline" ] || return 1
  mapfile -d '' -t words 2> /dev/null < "/proc/$1/cmdline" || return 1
  for word in "${words[@]}"; do [ "$word" != "$2" ] || return 0; done
  return 1
}

# pids_with WORD: of everything that runs with WORD among its arguments.
pids_with() {
  local folder
  for folder in /proc/[0-9]*; do ! runs "${folder#/proc/}" "$1" || echo "${folder#/proc/}"; done
}

first_line() { [ ! -s "$1" ] || head -n 1 "$1"; }

# daemon LOG UID COMMAND…: detached from the terminal, from make and from the lock; prints its pid.
# One simple command in the background, because only then is `$!` the daemon and not a shell.
daemon() {
  local log=$1 words
  account_words "$2"
  "${words[@]}" setsid "${@:3}" < /dev/null >> "$log" 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &
  echo $!
}

# wait_until SECONDS COMMAND…: polls ten times a second.
wait_until() {
  local tries=$(($1 * 10)); shift
  until "$@"; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || return 1
    sleep 0.1
  done
}

gone() { ! runs "$1" "$2"; }

# end PID WORD SIGNAL: signals that process if it is ours and waits; after a minute it is killed.
end() {
  local pid=$1 word=$2 signal=$3
  runs "$pid" "$word" || return 0
  kill -s "$signal" "$pid"
  wait_until 60 gone "$pid" "$word" && return 0
  echo "servers: pid $pid did not end by SIG$signal within a minute; killing it" >&2
  kill -s KILL "$pid" 2> /dev/null || true
  wait_until 10 gone "$pid" "$word"
}
