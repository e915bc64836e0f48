# Everything a developer needs; `make run` and `make test` do their own set-up.

.PHONY: run run-aws test test-aws fuzz acceptance-aws kills kills-aws bench demo lint fix codegen setup screenshots lighthouse clean

DATA ?= $(CURDIR)/.data

## Builds what is needed, starts Freehold and says where to look.
run:
	@[ -n "$(FREEHOLD_NO_CONSOLE)" ] || ./scripts/console
	@cargo build --quiet --profile fast --bin freehold
	@./target/fast/freehold serve --data-dir "$(DATA)"

## The same with the aws profile, over emulators of AWS on this machine; what is in them is gone at the end.
run-aws:
	@[ -n "$(FREEHOLD_NO_CONSOLE)" ] || ./scripts/console
	@cargo build --quiet --profile fast --bin freehold --features cli/aws
	@python3 scripts/emulated.py ./target/fast/freehold serve --data-dir "$(DATA)-aws"

## What must hold of the aws profile: adapters, stories and walk-through over emulators. A part of `make test`.
test-aws:
	@cargo run --quiet -p xtask -- aws

## What emulators can't show, found out in a real account of AWS: asks first, and removes all that it made.
acceptance-aws:
	@./scripts/emulators
	@cargo build --quiet --bin freehold --features cli/aws,cli/rehearsal
	@target/venv-aws/bin/python scripts/acceptance.py target/debug/freehold

## The control plane is killed and frozen at every one of its calls to AWS, where `make test` does so at each kind.
kills-aws:
	@./scripts/emulators
	@FREEHOLD_KILLS=all cargo test --features aws/profile,cli/aws,cli/rehearsal,lambda/aws,testkit/dynamodb -p aws -p cli -p lambda -p plane -p testkit --test it -- --nocapture --test-threads 1 aws::kills aws::freezes

## The server is killed while it does five hundred operations, where `make test` does so with a few.
kills:
	@FREEHOLD_KILLS=all cargo test -p cli --test it -- --nocapture kills::

## Everything that must hold, including what it installs to find out.
test: setup
	@cargo run --quiet -p xtask -- ci

## Onboards a public and a private account against a fresh data folder, and takes one down again.
demo:
	@cargo build --quiet --profile fast --bin freehold
	@python3 scripts/demo.py ./target/fast/freehold

## Measures the figures of docs/figures.md and prints the table.
bench: setup
	@cargo build --quiet --release --bin freehold
	@cargo build --quiet --release -p testkit --example grow
	@python3 bench/run.py ./target/release/freehold

## Runs every fuzz target ten million times, on the stable toolchain. `make test` replays the inputs that are kept.
fuzz:
	@./scripts/fuzz

lint:
	@cargo fmt --check
	@cargo clippy --workspace --all-targets --quiet -- -D warnings

fix:
	@cargo fmt
	@cargo clippy --workspace --all-targets --fix --allow-dirty --allow-staged

## Writes the generated files anew: openapi.json, the authorization matrix, deploy/asl, the console's types of the API.
codegen:
	@cargo run --quiet -p xtask -- codegen
	@cd console/tools/apigen && npm ci --silent && node generate.mjs

## Writes docs/screenshots anew, by the browser tests that take them.
screenshots: setup
	@./scripts/console
	@cargo build --quiet --bin freehold
	@cd console && FREEHOLD_SCREENSHOTS=../docs/screenshots npm run --silent e2e -- screenshots.e2e.ts

## Lighthouse's scores of the console's main pages, against the release build.
lighthouse: setup
	@./scripts/console
	@cargo build --quiet --release --bin freehold
	@cd console/tools/lighthouse && npm ci --silent
	@cd console && FREEHOLD_BINARY=$(CURDIR)/target/release/freehold npx playwright test -c tools/lighthouse

setup:
	@./scripts/setup

clean:
	@cargo clean
