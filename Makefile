# Einwahl. `make` alone says what there is.

VERSION  ?=
GO       ?= $(firstword $(shell command -v go) $(wildcard /usr/local/go/bin/go) go)
FUZZTIME ?= 60s
TIMEOUT  ?= 13m
COUNT    ?= 6
SOAK     ?= 10m
DIAL     ?= sip:en@127.0.0.1
LDFLAGS  := -s -w $(if $(VERSION),-X main.release=$(VERSION))

# Packages that benchmark a stage; the whole gateway has its own table.
STAGES = $(shell grep -rlE '^func Benchmark' --include='*_test.go' . | xargs -rn1 dirname | sort -u | grep -vx ./gateway/app)

# Packages with fuzz targets, found by their functions.
FUZZED = $(shell grep -rlE '^func Fuzz' --include='*_test.go' . | xargs -rn1 dirname | sort -u)

.DEFAULT_GOAL := help
export GO
.PHONY: help run phone test listen bench soak rate lint vuln build fuzz deps clean

help: ## say what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## run the gateway on its built-in sample; installs what is missing
	@.ci/deps run
	@echo "Building ./einwahl; the first time takes a minute."
	@$(GO) build -o einwahl ./gateway
	@./einwahl run

phone: ## call the gateway from this terminal, in wideband; DIAL=sip:de@127.0.0.1 dials another, CODEC=PCMA/8000/1 is an ordinary telephone
	@.ci/deps phone
	@.ci/phone $(DIAL)

test: ## run go vet, and all tests with the race detector; installs what is missing
	@.ci/deps test
	$(GO) test -race -vet=all -timeout $(TIMEOUT) ./...

bench: ## measure each stage of the audio path, COUNT times for benchstat, and then a whole gateway; PROFILE=folder keeps profiles
	@.ci/deps bench
	$(GO) test -run '^$$' -bench . -benchmem -benchtime 100ms -count $(COUNT) $(STAGES)
	PROFILE='$(if $(PROFILE),$(abspath $(PROFILE)))' $(GO) test -run '^$$' -bench Gateway -benchtime 1x -timeout 1h ./gateway/app

soak: ## hold 200 calls for SOAK and see that memory stays flat and that their packets come
	@.ci/deps bench
	SOAK=$(SOAK) $(GO) test -run '^TestSoak$$' -v -count 1 -timeout 0 ./gateway/app

listen: ## talk through the gateway and judge what is heard: STOI, and PESQ and ViSQOL where there is Python
	@.ci/deps listen
	@PATH="$${XDG_CACHE_HOME:-$$HOME/.cache}/einwahl/listen/bin:$$PATH" \
		$(GO) test -run '^$$' -bench Listen -benchtime 1x -v ./gateway/app

rate: ## measure how many calls a second the gateway takes, and at three times that
	@.ci/deps test
	$(GO) test -run '^$$' -bench 'CallRate|RefusedCalls|HeldCalls' -benchtime 1x -v ./gateway/app

lint: ## run golangci-lint; the first run builds it, which takes two minutes
	@.ci/deps run
	$(GO) run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0 run ./...

vuln: ## look for known vulnerabilities with govulncheck; asks vuln.go.dev, or what GOVULNDB names
	@.ci/deps run
	$(GO) run golang.org/x/vuln/cmd/govulncheck@v1.4.0 ./...

build: ## build ./einwahl; VERSION=1.2.3 names a release
	@.ci/deps run
	$(GO) build -trimpath -ldflags '$(LDFLAGS)' -o einwahl ./gateway

fuzz: ## fuzz each parser for FUZZTIME, one after the other
	@.ci/deps run
	@set -e; for dir in $(FUZZED); do \
		for target in $$(grep -hoE '^func Fuzz[A-Za-z0-9_]+' $$dir/*_test.go | cut -c6-); do \
			echo "== $$dir $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $$dir; \
		done; \
	done

deps: ## install what building, running and testing need
	@.ci/deps test

clean: ## remove what was built
	rm -f einwahl
