#!/usr/bin/env bash
# make lint: what needs no server.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/toolchain.sh

step cargo fmt --check
step cargo clippy --locked --all-targets -- -D warnings
step scripts/deny.sh
