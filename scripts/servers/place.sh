# Where a folder of servers really lies, and whose it is. Sourced by servers.sh.
#
# Started as root, the servers run as an unprivileged account, which must be able to walk to its
# data. Below a closed folder (a checkout in /root, say) it cannot: then the data lies in
# /var/lib/rfa-HASH, and DIR in the checkout is a link to it. /var/tmp would not do: it is swept.

# The account that runs a part: the caller's own, or when that is root the package's, else nobody.
account() {
  if [ "$(id -u)" -ne 0 ]; then
    id -u
  elif id -u "$1" > /dev/null 2>&1; then
    id -u "$1"
  else
    id -u nobody
  fi
}

# account_words UID: fills `words`, the start of a command line that runs the rest as that account. The
# environment is emptied, so that no PG* or RABBITMQ_* of the caller leaks in.
account_words() {
  words=(env -i PATH="$PATH" LANG=C.UTF-8)
  [ "$1" = "$(id -u)" ] || words=(setpriv --reuid "$1" --regid "$(id -g "$1")" --init-groups "${words[@]}")
}

# as UID COMMAND…
as() {
  local words
  account_words "$1"
  "${words[@]}" "${@:2}"
}

short_hash() { printf %s "$1" | sha256sum | cut -c1-12; }

reachable() {
  local part
  for part in postgres rabbitmq; do
    (cd / && as "$(account "$part")" test -x "$1") || return 1
  done
}

place() {
  local dir=$1 home
  [ -d "$dir" ] && reachable "$(cd "$dir" && pwd -P)/." && return 0
  if reachable "$(dirname "$dir")/."; then
    install -d -m 0755 "$dir"
    return 0
  fi
  if [ -d "$dir" ] && [ ! -L "$dir" ] && [ -n "$(ls -A "$dir")" ]; then
    echo "servers: $dir has data that account $(account postgres) can no longer reach; open the folders above it" >&2
    exit 1
  fi
  home=/var/lib/rfa-$(short_hash "$dir")
  echo "servers: $dir is closed to the servers' account; the data lies in $home" >&2
  install -d -m 0755 "$home"
  printf '%s\n' "$dir" > "$home/placed-for"
  [ -L "$dir" ] || { [ ! -d "$dir" ] || rmdir "$dir"; }
  ln -sfn "$home" "$dir"
}

unplace() {
  local dir=$1 home
  if [ -L "$dir" ]; then
    home=$(readlink "$dir")
    if [ "$home" = "/var/lib/rfa-$(short_hash "$dir")" ]; then rm -rf -- "$home"; fi
    rm -f -- "$dir"
  else
    rm -rf -- "$dir"
  fi
}

# private_folder UID PATH: made if absent, for that account only.
private_folder() {
  [ -d "$2" ] || install -d -m 0700 -o "$1" -g "$(id -g "$1" 2>/dev/null || id -g)" "$2"
}

random_hex() { od -An -v -tx1 -N"$1" /dev/urandom | tr -d ' \n'; }

# One password a folder, for the caller's eyes only: loopback is open to every account of a machine.
secret() {
  local file=$1/secret
  if [ ! -s "$file" ]; then
    (umask 077; random_hex 16 > "$file.new"; mv "$file.new" "$file")
  fi
  cat "$file"
}
