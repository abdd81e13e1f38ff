# Packages from npm, by their lock files. Sourced by assets.sh, test.sh and test-peers.sh.

# build_node FROM TO: no package runs a script of its own; a folder that is not whole has no stamp and
# is made anew.
build_node() {
  local stamp
  stamp="$(cat "$1/package.json" "$1/package-lock.json" | sha256sum) $(node --version)"
  if [ "$stamp" = "$(cat "$2/stamp" 2> /dev/null)" ]; then return; fi
  rm -rf -- "$2"
  mkdir -p "$2"
  cp "$1/package.json" "$1/package-lock.json" "$2/"
  step npm ci --prefix "$2" --ignore-scripts --no-audit --no-fund --loglevel=error
  echo "$stamp" > "$2/stamp"
}

# needs_node CALLER VERSION: says so where it is missing or too old.
needs_node() {
  if ! node -e "process.exit(process.versions.node.split('.')[0] < $2 ? 1 : 0)" || ! command -v npm > /dev/null; then
    echo "$1: needs Node $2 or newer with npm; found: $(node --version 2>&1)" >&2
    exit 1
  fi
}
