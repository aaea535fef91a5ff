# Headgate. Go alone is enough for demo, test and build; the other targets fetch what they need.

GO            ?= go
FUZZTIME      ?= 10s
PKG           ?= ./...
ARGS          ?=
GOLANGCI      := bin/golangci-lint
GOLANGCI_PKG  := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

# What holds locks, goroutines or arithmetic that many goroutines share.
RACE := quota sched limit lane flight dispatch ledger gateway console emulator
RACE_DIRS := $(foreach p,$(RACE),$(if $(wildcard internal/$(p)),./internal/$(p)/...))

.DEFAULT_GOAL := help
.PHONY: help demo build test race lint fmt fuzz conformance alarm-validate bench bench-schema soak check tidy web web-check web-test

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## the same agents direct and through Headgate, offline, in half a minute
	$(GO) run ./cmd/headgate demo

build: ## bin/headgate
	CGO_ENABLED=0 $(GO) build -trimpath -o bin/headgate ./cmd/headgate

test: ## every test; needs nothing but Go
	$(GO) test ./...

race: ## the concurrent packages under the race detector (needs a C compiler)
	$(GO) test -race -shuffle=on $(RACE_DIRS) ./pace/...

lint: ## golangci-lint at its pinned version, fetched into bin/ when missing
	@if $(MAKE) -s $(GOLANGCI); then $(GOLANGCI) run $(PKG); \
	else echo "lint: skipped: golangci-lint could not be installed (no network?)"; fi

$(GOLANGCI):
	@GOBIN="$(CURDIR)/bin" $(GO) install $(GOLANGCI_PKG)

fmt: ## format the tree
	@$(MAKE) -s $(GOLANGCI) && $(GOLANGCI) fmt

fuzz: ## every fuzz target for FUZZTIME each (10s)
	@GO="$(GO)" FUZZTIME="$(FUZZTIME)" ./tools/fuzz

conformance: ## the vendors' own SDKs against gateway and emulator
	@if [ -x conformance/run ]; then ./conformance/run; \
	else echo "conformance: skipped: conformance/run is not in this tree"; fi

alarm-validate: ## exported alarms against cfn-lint and terraform, where they are
	@GO="$(GO)" ./tools/alarm-validate; code=$$?; [ $$code -eq 77 ] || exit $$code

bench: ## measure everything and write bench/README.md; narrow with ARGS="-suite overhead -quick"
	$(GO) run ./bench $(ARGS)

bench-schema: ## how good and how fast the schema agent is, into bench/schema.md
	$(GO) run ./bench/schema $(ARGS)

web: ## the dashboard into web/dist; needs node
	@if command -v npm >/dev/null; then cd web && { [ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --silent; } && npx tsc --noEmit && node build.mjs; \
	else echo "web: skipped: node is not installed; web/dist is as committed"; fi

web-check: web ## web/dist is what its sources give, and small
	@if command -v npm >/dev/null; then git add -N web/dist && git diff --exit-code --stat web/dist; fi

soak: ## ten minutes of load: memory, pages and metrics, into bench/soak.md
	$(GO) run ./bench/soak $(ARGS)

web-test: ## the dashboard in Chromium, over fixtures and over a running gateway
	@GO="$(GO)" ./tools/web-test; code=$$?; [ $$code -eq 77 ] || exit $$code

tidy: ## go.mod says exactly what is imported
	$(GO) mod tidy -diff

check: ## everything that continuous integration judges
	./.ci/run
