#!/usr/bin/env bash
# Dependencies: bans, licences and sources, after deny.toml. (Advisories need a network: not here.)
#
# cargo-deny takes minutes to build, so only CI builds it where it is missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/toolchain.sh

tools=$(pwd -P)/var/tools
PATH=$PATH:$tools/bin
if ! command -v cargo-deny > /dev/null; then
  if [ "${CI:-}" != true ] && [ "${INSTALL:-}" != 1 ]; then
    echo "NOT RUN: cargo deny check (cargo-deny is not installed; make lint INSTALL=1 builds it under var/)" >&2
    exit 0
  fi
  step cargo install --locked --debug --root "$tools" cargo-deny
fi
step cargo deny --locked check bans licenses sources
