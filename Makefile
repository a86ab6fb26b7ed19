.DEFAULT_GOAL := help
SHELL := /bin/bash

PORT ?= 8080
PREFIX ?= /usr/local

help: ## Show these targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS=$$'\t' read -r name words; do printf '  make %-8s %s\n' "$$name" "$$words"; done

demo: ## Run a whole fleet here: a good version goes out, three bad changes come back (KEEP=1 leaves it running, PORT=8080)
	@Scripts/install-dependencies
	swift build --product halcyon
	swift build --product storefront
	@.build/debug/halcyon demo --port $(PORT) $(if $(filter-out 0,$(KEEP)),--keep)

test: ## Run everything that CI runs: format, rooms, tests, the demo, the page in a browser
	@Scripts/test

build: ## Build the program for development: .build/debug/halcyon
	@Scripts/install-dependencies
	swift build

install: ## Build the release and install PREFIX/bin/halcyon (PREFIX=/usr/local)
	@Scripts/install-dependencies
	@Scripts/install '$(PREFIX)'

format: ## Format all Swift sources in place
	swift format --in-place --parallel --recursive Package.swift Sources Tests Examples Benchmarks

lint: ## Say which Swift sources are not formatted
	swift format lint --strict --parallel --recursive Package.swift Sources Tests Examples Benchmarks

clean: ## Remove what was built, and the tests' Python environments
	rm -rf .build .build-shared .venv-browser .venv-flags .venv-metrics

.PHONY: help demo test build install format lint clean
