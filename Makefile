# Every target is one script in compose/local, which says what it does and can be run by itself.

local := ./compose/local
.DEFAULT_GOAL := help
.PHONY: help run test check fmt bench doctor reset clean

help: ## what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

run: ## install what is missing, build, start everything, stay until Ctrl-C
	@$(local)/run.sh

test: ## every test, with its own servers; FILTER=name for some of them
	@exec $(local)/test.sh "$(FILTER)"

check: ## format, warnings as errors, layers and imports, scripts
	@$(local)/check.sh

fmt: ## format the Swift files
	@$(local)/format.sh

bench: ## measure, beside the peers; PART=http2|article|footprint for some of it
	@$(local)/bench.sh $(PART)

doctor: ## what is wrong on this machine, and the next command to type
	@$(local)/doctor.sh

reset: ## forget the data of `make run`
	@$(local)/reset.sh

clean: ## remove the build and every server's data
	@$(local)/clean.sh
