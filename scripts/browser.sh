# The browser that walks through the screens. Sourced by test.sh and screens.sh.
. scripts/node.sh

# needs_browser CALLER: installs what is missing, and exports where it is.
needs_browser() {
  scripts/servers.sh install node browser
  needs_node "$1" 20
  if ! command -v chromium > /dev/null; then
    echo "$1: needs Debian's chromium; install it with:  apt-get install chromium fonts-liberation" >&2
    exit 1
  fi
  build_node tests/screens var/screens-node
  RFA_TEST_SCREENS_NODE_MODULES=$(pwd -P)/var/screens-node/node_modules
  RFA_TEST_CHROMIUM=$(command -v chromium)
  export RFA_TEST_SCREENS_NODE_MODULES RFA_TEST_CHROMIUM
}
