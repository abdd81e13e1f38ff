# `make run` and `make test` do all their set-up themselves; the work is in scripts/.
.PHONY: help run test test-peers test-access test-faults test-drill stop bench lint screens
.DEFAULT_GOAL := help

help: ## this list
	@grep -E '^[a-z-]+: .*## ' $(MAKEFILE_LIST) | sed 's/: .*## /\t/' | expand -t 12

run: ## build, start private servers, load the demonstration once, serve (RESET=1 starts anew)
	@RESET=$(RESET) scripts/run.sh

test: ## the whole suite, on private servers of its own
	@scripts/test.sh

test-peers: ## figures, messages and documents against programs of other authors, from PyPI and npm
	@scripts/test-peers.sh

test-access: ## who may do and read what, everybody against every act (some ten minutes)
	@scripts/test-access.sh

test-faults: ## the long counts of kills, with their seed (RFA_TEST_KILLS=200)
	@scripts/test-faults.sh

test-drill: ## restore from a base backup and archived WAL, beside a newer broker
	@scripts/test-drill.sh

screens: ## pictures of every page into docs/screens/, to be looked at
	@scripts/screens.sh

stop: ## end exactly what run, test, test-peers and bench started; data stays
	@scripts/stop.sh

bench: ## speed, beside the machine's own limits
	@scripts/bench.sh

lint: ## format, clippy and cargo deny
	@scripts/lint.sh
