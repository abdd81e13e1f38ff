#!/usr/bin/env bash
# make bench: the speed measurements of benches/, beside the machine's own limits in the same run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/toolchain.sh

# As docs/operations.md says; all that is compared runs on the same server.
memory_mb=$(awk '/^MemTotal:/ { print int($2 / 1024) }' /proc/meminfo)
buffers_mb=$((memory_mb / 4 < 4096 ? memory_mb / 4 : 4096))
export POSTGRES_SETTINGS="-c shared_buffers=${buffers_mb}MB -c max_wal_size=8GB -c wal_compression=lz4"
start_servers var/bench
export RFA_TEST_MANAGEMENT_URL=${RFA_TEST_MANAGEMENT_URL:-${MANAGEMENT_URL:-}}
step cargo bench --locked
