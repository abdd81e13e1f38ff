#!/usr/bin/env bash
# Dependencies: bans, licences and sources, after deny.toml. (Advisories need a network: not here.)
#
# cargo-deny is built under var/ where it is missing, once, in a minute or two.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/toolchain.sh

tools=$(pwd -P)/var/tools
PATH=$PATH:$tools/bin
if ! command -v cargo-deny > /dev/null && ! step cargo install --locked --debug --root "$tools" cargo-deny; then
  echo "NOT RUN: cargo deny check (cargo-deny could not be built)" >&2
  [ "${CI:-}" != true ]
  exit
fi
step cargo deny --locked check bans licenses sources
