#!/usr/bin/env bash
# make test-faults: the long counts of kills. RFA_TEST_KILLS (200) and RFA_TEST_SEED may be set.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/toolchain.sh

start_servers var/test
export RFA_TEST_KILLS=${RFA_TEST_KILLS:-200}
step cargo test --locked --test it -- --nocapture kills::
