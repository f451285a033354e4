# `just` lists what there is.
default:
    @just --list

# Exactly what CI runs.
ci:
    .ci/run

# The README's test command.
test:
    cargo test --workspace

# Formatting, lints and documentation.
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

# Writes the documents that are rendered from code.
docs:
    UPDATE_DOCS=1 cargo test -p cloud-mirror-domain --test request_handling
    UPDATE_DOCS=1 cargo test -p cloud-mirror-tests --test stories ledger::document
    UPDATE_DOCS=1 cargo test -p cloud-mirror-tests --test stories simulated_waiting

# Time to listening, a ten-byte miss and a hit, on this machine.
measure:
    cargo build --release --package cloud-mirror
    scripts/measure

# Every benchmark, one after the other, on a quiet machine: docs/BENCHMARKS.md. Or some of its parts.
bench *parts:
    scripts/bench {{parts}}

# Redirects beside nginx, on this machine.
bench-peer *options:
    scripts/bench-peer {{options}}

# Starts beside a bare function, sizes of packages, and the command's time to listening.
bench-start *options:
    scripts/bench-start {{options}}

# Memory and processor time of a streamed copy of 4 GiB, on this machine, against their goals.
bench-stream *options:
    scripts/bench-stream {{options}}

# The protocol's model alone, with what it explored.
model:
    cargo test -p cloud-mirror-domain --test protocol -- --nocapture

# Asks the release binary for what its API description offers, rightly and wrongly.
schemathesis:
    cargo build --release --package cloud-mirror
    scripts/schemathesis

# Faults at every call, herds of a thousand, kills and fuzzing, within the small bounds of CI.
reliability:
    scripts/reliability

# The same and the model with their full bounds: hours. docs/RELIABILITY.md records what it showed.
soak:
    scripts/reliability --soak

# Looks for inputs that break a parser's promise.
fuzz *options:
    scripts/fuzz {{options}}

# Runs it.
serve *arguments:
    cargo run --release -- serve {{arguments}}

# The mirror on AWS, without AWS: an emulator, sam build, sam deploy, and a try. `stop` ends it.
deploy-local *arguments:
    scripts/deploy-local {{arguments}}

# The conformance suites of the adapters for AWS, against an emulator.
emulator-suites:
    scripts/emulator-suites

# The conformance suites of the adapter for Azure, and copies from and to it, against Azurite.
azure-suites *names:
    scripts/azure-suites {{names}}

# The stories, told on what sam has deployed into the emulator.
deployed-stories *names:
    tests/deploy-stories {{names}}

# The documents' commands, executed on what sam has deployed into the emulator.
documents:
    tests/follow-documents

# Lints the template, and checks what it promises.
template:
    scripts/check-template

# Builds the functions for the template's default architecture.
package:
    scripts/check-package

# Known vulnerabilities. Needs the network for the advisory database, so it is no part of CI.
audit:
    scripts/tools
    .tools/bin/cargo-deny check advisories
