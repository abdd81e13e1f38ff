#!/usr/bin/env bash
# make test-access: every act and every reading by everybody, against docs/access-rules.csv. It takes some
# ten minutes; RFA_TEST_ACCESS_ONLY=WORDS tries the requests whose label has these words.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/toolchain.sh

oracles=tests/oracles
cells=${CARGO_TARGET_DIR:-target}/tmp/oracle/access.jsonl

scripts/servers.sh install python
start_servers var/test
export RFA_TEST_MANAGEMENT_URL=${RFA_TEST_MANAGEMENT_URL:-${MANAGEMENT_URL:-}}
export RFA_TEST_RABBITMQCTL=${RFA_TEST_RABBITMQCTL:-${RABBITMQCTL:-}}
# Answers of an older build must not be what is compared.
rm -f -- "$cells"
step cargo test --locked --test it -- oracle::access --include-ignored
PYTHONDONTWRITEBYTECODE=1 step python3 "$oracles/access.py" docs/access-rules.csv "$cells"
