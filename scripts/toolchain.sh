# What every call of cargo here shares. Sourced by run.sh, test.sh, test-peers.sh, lint.sh and bench.sh.
#
# The flags must be the same for every call, or cargo builds all 300 dependencies once more.

if ! command -v cargo > /dev/null; then
  echo "Rust is missing: install it with rustup (any toolchain from rust-version in Cargo.toml on)" >&2
  exit 1
fi
scripts/servers.sh install
# The binary embeds them.
scripts/assets.sh

# mold links in a fifth of the time; used only where the compiler knows it.
if [ -z "${RUSTFLAGS+set}" ] && echo 'int main(void){return 0;}' | cc -fuse-ld=mold -x c -o /dev/null - 2> /dev/null; then
  export RUSTFLAGS="-C link-arg=-fuse-ld=mold"
fi

# step COMMAND…: says what it runs.
step() {
  printf '\n== %s\n' "$*"
  "$@"
}

# start_servers DIR: starts what no URL is set for, and exports where everything is.
start_servers() {
  scripts/servers.sh start "$1"
  set -a
  # shellcheck source=/dev/null
  . "$1/env"
  set +a
}
