# Every target is one script in compose/local, which says what it does and can be run by itself.

local := ./compose/local
.DEFAULT_GOAL := help
.PHONY: help run test chaos attacks fuzz check fmt bench bench-edge tls-scan compose-test doctor reset clean

help: ## what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

run: ## install what is missing, build, start everything, stay until Ctrl-C
	@$(local)/run.sh

test: ## every test, with its own servers; FILTER=name for some of them
	@exec $(local)/test.sh "$(FILTER)"

chaos: ## kill everything again and again under writes; STRIKES=300, SEED=number to see a run again
	@exec $(local)/chaos.sh "$(STRIKES)" "$(SEED)"

attacks: ## every known attack on the gateway, and what it costs everyone else; NAME=rapid-reset for one
	@$(local)/attacks.sh $(NAME)

fuzz: ## throw bytes at every parser until one breaks; TIME=seconds for each, TARGET=json for one
	@$(local)/fuzz.sh "$(TIME)" "$(TARGET)"

check: ## format, warnings as errors, layers and imports, scripts
	@$(local)/check.sh

fmt: ## format the Swift files
	@$(local)/format.sh

bench: ## measure, beside the peers; PART=http2|article|footprint|events|idempotency|limits|compression|pages for some of it
	@$(local)/bench.sh $(PART)

bench-edge: ## race the gateway against other proxies; PART=streams|bodies|http1|cache|tls|latency|memory for some rows
	@$(local)/bench.sh edge $(PART)

tls-scan: ## let testssl.sh look for weaknesses at the gateway's TLS port
	@$(local)/tls-scan.sh

compose-test: ## try the images and compose.yaml: the whole path, isolation, restarts under load; needs docker
	@$(local)/compose-test.sh

doctor: ## what is wrong on this machine, and the next command to type
	@$(local)/doctor.sh

reset: ## forget the data of `make run`
	@$(local)/reset.sh

clean: ## remove the build and every server's data
	@$(local)/clean.sh
