#!/usr/bin/env bash
# make test-drill: the restore drill of docs/operations.md, on servers of its own.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/toolchain.sh

step cargo test --locked --test it -- --nocapture drill::
