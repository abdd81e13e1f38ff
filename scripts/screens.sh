#!/usr/bin/env bash
# make screens: pictures of every page, at the width of a desk and of a phone, into docs/screens/.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/toolchain.sh
. scripts/browser.sh

needs_browser screens
start_servers var/test
export RFA_TEST_MANAGEMENT_URL=${RFA_TEST_MANAGEMENT_URL:-${MANAGEMENT_URL:-}}
RFA_TEST_SCREENS_PICTURES=$(pwd -P)/docs/screens
export RFA_TEST_SCREENS_PICTURES
rm -f -- "$RFA_TEST_SCREENS_PICTURES"/*.png
step cargo test --locked --test it -- screens::walk:: --nocapture
