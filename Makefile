# The programs of this repository: build, test, measure, install. `make help` lists the targets.
# Variables: PREFIX (an absolute path), DESTDIR (in front of PREFIX, for packagers), CARGO_TARGET_DIR.

PREFIX ?= $(HOME)/.local
SHARE := $(PREFIX)/share/claude-sessions
TO_SHARE := $(DESTDIR)$(SHARE)
TO_BIN := $(DESTDIR)$(PREFIX)/bin

BUILD := cargo build --release --workspace --exclude cs-tests --bins
PROGRAMS := $(filter-out cs-cli,$(patsubst bins/%/Cargo.toml,%,$(wildcard bins/*/Cargo.toml)))
# Shell text that prints the path of each built program, wherever cargo's configuration puts them.
PATHS := $(BUILD) --quiet --message-format=json | sed -n 's/.*"executable":"\([^"]*\)".*/\1/p'
FILES := .claude-plugin hooks skills README.md LICENSE

# Shell text that puts file or folder $(1) to $(2), which never holds half of it: a running program's file
# cannot be overwritten, only replaced. What is the same already is left alone.
put = { diff -r -q "$(1)" "$(2)" >/dev/null 2>&1 || { rm -rf "$(2).new" && cp -R "$(1)" "$(2).new" \
	&& { [ ! -d "$(2)" ] || rm -rf "$(2)"; } && mv -f "$(2).new" "$(2)"; }; }

# Shell text that links program $(1) into PREFIX/bin; what lies there and is not a link of ours is not touched.
link = case $$(readlink "$(TO_BIN)/$(1)" || ls -d "$(TO_BIN)/$(1)" 2>/dev/null) in \
	""|*/share/claude-sessions/bin/$(1)) ln -sfn "$(SHARE)/bin/$(1)" "$(TO_BIN)/$(1)";; \
	*) echo "$(TO_BIN)/$(1): not ours, left alone" >&2; false;; esac

all: build ## same as build

build: ## build all programs into bin/
	$(BUILD)
	@mkdir -p bin && $(PATHS) | while read -r p; do $(call put,$$p,bin/$$(basename "$$p")) || exit 1; done

check: ## formatting and lints
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings

# The tests run the programs of `build`; they themselves need no optimising, which would only take longer.
test: build ## run all tests
	cargo test --workspace --no-fail-fast

accept: build ## try the programs with the real Claude Code (needs the claude command)
	sh tests/accept.sh

bench: build ## measure what the programs cost
	cargo run --release -p cs-tests --bin bench

soak: build ## try for an hour to make the programs lose something (SOAK=--save writes docs/SOAK.md)
	cargo run --release -p cs-tests --bin soak -- $(SOAK)

demo: build ## a dashboard with made-up sessions, in a temporary folder
	sh tests/demo.sh

install: build ## install into PREFIX (default ~/.local)
	@mkdir -p "$(TO_SHARE)/bin" "$(TO_BIN)" && for f in $(FILES); do $(call put,$$f,$(TO_SHARE)/$$f) || exit 1; done
	@for p in $(PROGRAMS); do $(call put,bin/$$p,$(TO_SHARE)/bin/$$p) && $(call link,$$p) || exit 1; done

uninstall: ## remove what install made
	@for l in "$(TO_BIN)"/cs-*; do case $$(readlink "$$l") in "$(SHARE)/bin/"*) rm -f "$$l";; esac; done
	@cd "$(TO_SHARE)" 2>/dev/null || exit 0; rm -rf $(FILES) bin && rmdir "$(TO_SHARE)"

clean: ## remove everything built
	cargo clean
	rm -rf bin

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "%-10s %s\n", $$1, $$2}' Makefile

.PHONY: all build check test accept bench soak demo install uninstall clean help
