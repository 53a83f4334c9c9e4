# What is done with the repository from a shell; `make` lists it.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

GOLANGCI_VERSION := v2.15.0
GOVULNCHECK_VERSION := v1.9.0

CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/permitx
GOLANGCI := $(CACHE)/golangci-lint-$(GOLANGCI_VERSION)/golangci-lint

# Runs a command with a PostgreSQL server for tests: PERMITX_TEST_POSTGRES, or a private one.
TESTDB := bin/testdb
WITH_DB := $(TESTDB) --

# The packages whose races would cost somebody something.
RACE_DIRS := internal/quantity internal/ledger internal/market internal/settlement internal/app internal/store \
	internal/httpapi internal/job internal/pgtest
RACE := $(patsubst %,./%/...,$(wildcard $(RACE_DIRS)))

# Time for each fuzz target; flags for what is run.
FUZZTIME ?= 30s
ARGS ?=

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

.PHONY: generate
generate: ## Generate the API's types, client and server interface from openapi.yaml, and what else is generated
	go generate ./...

.PHONY: test
test: $(TESTDB) ## All tests, on SQLite and PostgreSQL (a private server, unless PERMITX_TEST_POSTGRES names one)
	$(WITH_DB) go test -shuffle=on -timeout 20m ./...

.PHONY: verify
verify: vet lint race generated tidy ## What must hold besides the tests: vet, lint, race detector, generated code and go.mod up to date

.PHONY: vet
vet: ## go vet, also of the long tests
	go vet ./...
	go vet -tags soak ./...

.PHONY: lint
lint: $(GOLANGCI) ## golangci-lint
	$(GOLANGCI) run ./...

.PHONY: constraints
constraints: ## The tests of the commands, each batch also taken by a database: its constraints agree with the code
	PERMITX_TEST_BESIDE=1 go test -shuffle=on -timeout 30m ./internal/app

.PHONY: race
race: $(TESTDB) ## The tests of the core and the server under the race detector
	CGO_ENABLED=1 $(WITH_DB) go test -race -shuffle=on -timeout 45m $(RACE)

# A digest of all that could be generated. Not `git diff`: it would blame what is only not committed yet.
SOURCES_DIGEST = find . -name .git -prune -o -type f \( -name '*.go' -o -name '*.md' -o -name '*.yaml' \) -print0 \
	| sort -z | xargs -0 sha256sum

.PHONY: generated
generated: ## Fail if generated files are out of date
	@before=$$(mktemp); trap 'rm -f "$$before"' EXIT; $(SOURCES_DIGEST) > "$$before"; $(MAKE) generate; \
	$(SOURCES_DIGEST) | diff "$$before" - || { echo 'generated files were out of date: commit what make generate wrote' >&2; exit 1; }

.PHONY: tidy
tidy: ## Fail if go.mod or go.sum are out of date
	go mod tidy -diff

.PHONY: fuzz
fuzz: ## Every fuzz target for FUZZTIME (30s)
	@grep -rEo --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*' . | sort | while IFS=: read -r file target; do \
		target=$${target#func }; echo "fuzz $$target in $${file%/*} for $(FUZZTIME)"; \
		go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) "$${file%/*}" < /dev/null; \
	done

.PHONY: soak
soak: $(TESTDB) ## The long tests (build tag soak, names TestSoak...), on both databases
	$(WITH_DB) go test -tags soak -run '^TestSoak' -timeout 3h -v ./...

.PHONY: bench
bench: ## Measure the server on both databases (ARGS=--quick: under a minute)
	go run ./cmd/permitx bench $(ARGS)

.PHONY: demo
demo: ## Run the demonstration (ARGS=--exit: and end)
	go run ./cmd/permitx demo $(ARGS)

.PHONY: run
run: ## Serve from ./data/permitx.db (ARGS: see permitx serve --help)
	go run ./cmd/permitx serve $(ARGS)

.PHONY: check
check: ## Check the books of ./data/permitx.db (ARGS: see permitx check --help)
	go run ./cmd/permitx check $(ARGS)

.PHONY: vuln
vuln: ## Look for known vulnerabilities in what the program calls
	go run golang.org/x/vuln/cmd/govulncheck@$(GOVULNCHECK_VERSION) ./...

# A program, not `go run`, which would not pass a SIGTERM on.
.PHONY: $(TESTDB)
$(TESTDB):
	@go build -o $@ ./internal/pgtest/cmd/testdb

$(GOLANGCI):
	@echo 'golangci-lint $(GOLANGCI_VERSION) is missing: building it (some minutes) ...'
	GOBIN=$(@D) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
