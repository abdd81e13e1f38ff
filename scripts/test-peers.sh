#!/usr/bin/env bash
# make test-peers: our answers against programs of another hand, which know nothing of our code; and
# our messages with clients of another hand. RFA_TEST_PEERS_REQUESTS=10000 sends that many to those;
# RFA_TEST_PEERS_SEED=N cuts their connections where a run that printed it did.
#
# The suite writes cases with our answers; scripts in tests/oracles/ work them out again, with the
# packages of requirements.txt in an environment under var/peers, built once for each list. Programs of
# partners' own kinds read our messages and documents, and ask a server.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/toolchain.sh
. scripts/node.sh

oracles=tests/oracles
clients=tests/peers
cases=${CARGO_TARGET_DIR:-target}/tmp/oracle
peers=var/peers
node=var/peers-node
documents=var/documents

# build_peers LIST…: an environment that is not whole has no stamp and is made anew.
build_peers() {
  local stamp list
  stamp="$(cat "$@" | sha256sum) $(python3 --version)"
  if [ "$stamp" = "$(cat "$peers/stamp" 2> /dev/null)" ]; then return; fi
  rm -rf -- "$peers"
  step python3 -m venv "$peers"
  # No sources to build and no package that the list does not name.
  for list in "$@"; do
    step "$peers/bin/pip" --disable-pip-version-check install --quiet --no-input --no-deps --only-binary :all: -r "$list"
  done
  step "$peers/bin/pip" --disable-pip-version-check check
  echo "$stamp" > "$peers/stamp"
}

scripts/servers.sh install python node
if ! python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))'; then
  echo "test-peers: needs Python 3.11 or newer with venv; found: $(python3 --version 2>&1)" >&2
  exit 1
fi
needs_node test-peers 20
build_peers "$oracles/requirements.txt" "$clients/requirements.txt"
build_node "$clients" "$node"
build_node "$oracles/documents" "$documents"

start_servers var/test
export RFA_TEST_MANAGEMENT_URL=${RFA_TEST_MANAGEMENT_URL:-${MANAGEMENT_URL:-}}
export RFA_TEST_RABBITMQCTL=${RFA_TEST_RABBITMQCTL:-${RABBITMQCTL:-}}
# Answers of an older build must not be what is compared.
rm -rf -- "$cases"
RFA_TEST_PEERS=$(pwd -P)/$peers
export RFA_TEST_PEERS
# Everybody against every act takes long, and has a command of its own: make test-access.
step cargo test --locked --test it -- oracle:: --include-ignored --skip every_act_and_every_reading_by_everybody

# Zones come from the listed package, not from this machine.
export PYTHONTZPATH='' PYTHONDONTWRITEBYTECODE=1
python=$peers/bin/python
failed=()
RFA_TEST_PEERS_PYTHON=$(pwd -P)/$python RFA_TEST_PEERS_NODE_MODULES=$(pwd -P)/$node/node_modules \
  step cargo test --locked --test it -- --ignored --nocapture peers:: || failed+=(clients)
step "$python" "$oracles/clocks.py" "$cases/clocks.jsonl" || failed+=(clocks)
step "$python" "$oracles/paused_log.py" "$cases/paused.csv" "$cases/paused.json" || failed+=(paused_log)
step "$python" "$oracles/curves.py" "$cases/curves.jsonl" || failed+=(curves)
step "$python" "$oracles/wrong_answers.py" "$cases/clocks.jsonl" "$cases/paused.csv" "$cases/paused.json" "$cases/curves.jsonl" || failed+=(wrong_answers)
export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true
step "$documents/node_modules/.bin/redocly" lint docs/openapi.json --format=summary || failed+=(openapi)
cp "$oracles/documents/asyncapi.mjs" "$documents/"
step node "$documents/asyncapi.mjs" docs/messages/asyncapi.json || failed+=(asyncapi)
if [ ${#failed[@]} -gt 0 ]; then
  printf '\ntest-peers: differences in %s\n' "${failed[*]}" >&2
  exit 1
fi
printf '\ntest-peers: no differences\n'
