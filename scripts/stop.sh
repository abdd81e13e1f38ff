#!/usr/bin/env bash
# make stop: ends exactly what make run, test, test-peers and bench started, by pid. Data stays.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/servers/process.sh

pid=$(first_line var/rfa.pid)
binary=$(tr '\0' '\n' 2> /dev/null < "/proc/${pid:-none}/cmdline" | head -n 1 || true)
case $binary in
  */release/rfa) end "$pid" "$binary" TERM ;;
esac
# What an interrupted test left behind.
for dir in var/test/private-*; do
  if [ -d "$dir" ]; then scripts/servers.sh drop "$dir"; fi
done
for dir in var/run var/test var/bench; do
  if [ -d "$dir" ]; then scripts/servers.sh stop "$dir"; fi
done
