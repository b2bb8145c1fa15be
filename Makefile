# The programs of this repository: build, test, measure, install. `make help` lists the targets.
# Variables: PREFIX (an absolute path), DESTDIR (put before PREFIX, for packagers), CARGO_TARGET_DIR, SECONDS, FUZZ,
# SETUP (yes: register without asking; no: install the programs, but register nothing, the default with DESTDIR),
# HOOK_TARGET (a target of rustc for the programs that an agent waits for: with x86_64-unknown-linux-musl they start
# sooner; `rustup target add` installs it).

PREFIX ?= $(HOME)/.local
INSTALL_TO = "PREFIX=$(PREFIX)" "DESTDIR=$(DESTDIR)" "SETUP=$(SETUP)"

PROGRAMS := $(patsubst bins/%/Cargo.toml,%,$(wildcard bins/*/Cargo.toml))
# They are linked statically, if that is possible (.cargo/rustc.sh; in a copy whose files cannot be run it is not).
HOOKS := cs-hook cs-heartbeat cs-guard cs-deliver
build bench: export RUSTC_WORKSPACE_WRAPPER := $(if $(shell [ -x .cargo/rustc.sh ] && echo yes),.cargo/rustc.sh)
# Shell code that builds all programs, with the options $(1).
build = cargo build --release --bins $(1) $(patsubst %,-p %,$(if $(HOOK_TARGET),$(filter-out $(HOOKS),$(PROGRAMS)),$(PROGRAMS))) \
	$(if $(HOOK_TARGET),&& cargo build --release --bins $(1) --target $(HOOK_TARGET) $(HOOKS:%=-p %))
# Shell code that prints the path of each built program, wherever cargo's configuration puts it.
PATHS := { $(call build,--quiet --message-format=json); } | sed -n 's/.*"executable":"\([^"]*\)".*/\1/p'
# Shell code that copies file or folder $(1) to a temporary name and renames it to $(2), so that $(2) is never half a
# copy: the file of a running program cannot be overwritten, only replaced. If both are equal, it does nothing.
put = { diff -r -q "$(1)" "$(2)" >/dev/null 2>&1 || { rm -rf "$(2).new" && cp -R "$(1)" "$(2).new" \
	&& { [ ! -d "$(2)" ] || rm -rf "$(2)"; } && mv -f "$(2).new" "$(2)"; }; }

all: build ## same as build

build: ## build all programs into bin/
	@[ -z "$(HOOK_TARGET)" ] || [ -d "$$(rustc --print target-libdir --target $(HOOK_TARGET))" ] || { \
		echo "HOOK_TARGET: rustc has no standard library for $(HOOK_TARGET); try: rustup target add $(HOOK_TARGET)" >&2; exit 1; }
	$(build)
	@mkdir -p bin && $(PATHS) | while read -r p; do $(call put,$$p,bin/$$(basename "$$p")) || exit 1; done

check: ## check formatting, lints, and that no files import each other in a circle
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	cargo run --quiet -p circles

# The tests run the programs that `build` built. The test code is not optimized: that would only take longer.
test: build ## run all tests
	cargo test --workspace --no-fail-fast

accept: build ## try the programs with the real Claude Code (needs the claude command)
	sh tests/accept.sh

# Fuzzing is guided by coverage: these flags give each edge of the code a counter, with any stable compiler.
SECONDS ?= 60
COUNT_EDGES := -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=3 \
	-Cllvm-args=-sanitizer-coverage-inline-8bit-counters
HOST = $(shell rustc -vV | sed -n 's/^host: //p')

fuzz: ## search for harmful input, SECONDS for each target (default 60, long 3600), FUZZ="--keep redact ..."
	RUSTFLAGS="$(COUNT_EDGES)" cargo run --profile fuzz --target $(HOST) -p fuzz -- --seconds $(SECONDS) $(FUZZ)

bench: build ## measure the time and memory that the programs need
	cargo run --release -p bench

soak: build ## try for half an hour or more to make the programs lose data (SOAK=--save writes target/soak.md)
	cargo run --profile fuzz -p soak -- $(SOAK)

demo: build ## replay recorded conversations in a temporary folder, and show the result
	sh tests/demo.sh

screenshots: build ## take the screenshots for the README (needs Chromium)
	cargo test -p cs-tests --test serve_browser -- --ignored screenshots

axe: ## download axe-core, which checks the dashboard for accessibility (needs npm)
	sh tests/axe.sh

# packaging/assemble.sh decides what is installed, packaging/install.sh how. The folder is here because programs in it are
# run, which /tmp may forbid, and because it then needs no copies of them.
install: build ## install into PREFIX (default ~/.local) and register with Claude Code
	@to=$$(mktemp -d "$(CURDIR)/.assembled.XXXXXX") && trap 'rm -rf "$$to"' EXIT && sh packaging/assemble.sh "$$to/installed" && \
		sh "$$to/installed/install.sh" $(INSTALL_TO)

uninstall: ## remove what install created; records stay
	@sh packaging/install.sh --uninstall $(INSTALL_TO)

# TARGET: a target of rustc. PROGRAMS_FROM: a folder of programs that are built already. packaging/dist.sh has the rest.
dist: ## pack a release for TARGET into dist/ (default: the target of this machine)
	@TARGET="$(TARGET)" PROGRAMS_FROM="$(PROGRAMS_FROM)" sh packaging/dist.sh

# Old programs never change, so this is done once, for the version that was released.
FIXTURE_TARGET := x86_64-unknown-linux-musl
FIXTURE = tests/fixtures/release-$(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml)-$(FIXTURE_TARGET).tar.gz
fixture: ## pack the programs that record, for the tests of later versions (needs rustup target add x86_64-unknown-linux-musl)
	cargo build --release --locked --target $(FIXTURE_TARGET) -p cs-hook -p cs-heartbeat -p cs-session
	tar -c --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -C "$${CARGO_TARGET_DIR:-target}/$(FIXTURE_TARGET)/release" \
		cs-heartbeat cs-hook cs-session | gzip -9n >$(FIXTURE).new && mv $(FIXTURE).new $(FIXTURE) && ls -l $(FIXTURE)

clean: ## remove everything built
	cargo clean
	rm -rf bin dist .assembled.*

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "%-11s %s\n", $$1, $$2}' Makefile

.PHONY: all build check test accept fuzz bench soak demo screenshots axe install uninstall dist fixture clean help
