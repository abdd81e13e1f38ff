#!/usr/bin/env bash
# make bench: the speed measurements of benches/, beside the machine's own limits in the same run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/toolchain.sh

start_servers var/bench
export RFA_TEST_MANAGEMENT_URL=${RFA_TEST_MANAGEMENT_URL:-${MANAGEMENT_URL:-}}
step cargo bench --locked
