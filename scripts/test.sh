#!/usr/bin/env bash
# make test: the whole suite that needs Rust, apt and the packages of tests/screens alone, on servers
# of its own under var/test.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/toolchain.sh
. scripts/browser.sh

step cargo fmt --check
step cargo clippy --locked --all-targets -- -D warnings
needs_browser test
start_servers var/test
export RFA_TEST_MANAGEMENT_URL=${RFA_TEST_MANAGEMENT_URL:-${MANAGEMENT_URL:-}}
export RFA_TEST_RABBITMQCTL=${RFA_TEST_RABBITMQCTL:-${RABBITMQCTL:-}}
step cargo test --locked --no-fail-fast
RUSTDOCFLAGS="-D warnings" step cargo doc --locked --no-deps
step scripts/deny.sh
