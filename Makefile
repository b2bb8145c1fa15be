# The programs of this repository: build, test, measure, install. `make help` lists the targets.
# Variables: PREFIX (an absolute path), DESTDIR (put before PREFIX, for packagers), CARGO_TARGET_DIR, SECONDS, FUZZ,
# SETUP (yes: register without asking; no: install the programs, but register nothing, the default with DESTDIR),
# HOOK_TARGET (a target of rustc for the programs that an agent waits for: with x86_64-unknown-linux-musl they start
# sooner; `rustup target add` installs it).

PREFIX ?= $(HOME)/.local
SHARE := $(PREFIX)/share/claude-sessions
TO_SHARE := $(DESTDIR)$(SHARE)
TO_BIN := $(DESTDIR)$(PREFIX)/bin

SETUP ?= $(if $(DESTDIR),no,ask)

PROGRAMS := $(patsubst bins/%/Cargo.toml,%,$(wildcard bins/*/Cargo.toml))
# They are linked statically, if that is possible (.cargo/rustc.sh; in a copy whose files cannot be run it is not).
HOOKS := cs-hook cs-heartbeat cs-guard cs-deliver
build bench: export RUSTC_WORKSPACE_WRAPPER := $(if $(shell [ -x .cargo/rustc.sh ] && echo yes),.cargo/rustc.sh)
# Shell code that builds all programs, with the options $(1).
build = cargo build --release --bins $(1) $(patsubst %,-p %,$(if $(HOOK_TARGET),$(filter-out $(HOOKS),$(PROGRAMS)),$(PROGRAMS))) \
	$(if $(HOOK_TARGET),&& cargo build --release --bins $(1) --target $(HOOK_TARGET) $(HOOKS:%=-p %))
# Shell code that prints the path of each built program, wherever cargo's configuration puts it.
PATHS := { $(call build,--quiet --message-format=json); } | sed -n 's/.*"executable":"\([^"]*\)".*/\1/p'
FILES := .claude-plugin hooks skills README.md LICENSE

# Shell code that copies file or folder $(1) to a temporary name and renames it to $(2), so that $(2) is never half a
# copy: the file of a running program cannot be overwritten, only replaced. If both are equal, it does nothing.
put = { diff -r -q "$(1)" "$(2)" >/dev/null 2>&1 || { rm -rf "$(2).new" && cp -R "$(1)" "$(2).new" \
	&& { [ ! -d "$(2)" ] || rm -rf "$(2)"; } && mv -f "$(2).new" "$(2)"; }; }

# Shell code that links program $(1) into PREFIX/bin. A file there that is not our link is left alone; this is an error,
# except for `cs`, a name that other programs have, too.
link = case $$(readlink "$(TO_BIN)/$(1)" || ls -d "$(TO_BIN)/$(1)" 2>/dev/null) in \
	""|*/share/claude-sessions/bin/$(1)) ln -sfn "$(SHARE)/bin/$(1)" "$(TO_BIN)/$(1)";; \
	*) echo "$(TO_BIN)/$(1): not ours, left alone" >&2; [ "$(1)" = cs ];; esac

# Shell code that names another program `cs` on PATH. Nothing is done about it.
other = IFS=:; for d in $$PATH; do [ ! -x "$$d/cs" ] || [ "$$d/cs" -ef "$(TO_SHARE)/bin/cs" ] || { \
	echo "another cs is on PATH: $$d/cs; the one that comes first on PATH runs, ours is $(SHARE)/bin/cs" >&2; break; }; done

# What is installed beside the programs, in PREFIX/share: completions of the programs that people run, and manual pages.
TYPED := $(filter-out cs-hook cs-heartbeat cs-deliver cs-wake cs-guard,$(PROGRAMS))
PAGES := $(TYPED:%=bash-completion/completions/%) zsh/site-functions/_claude_sessions \
	$(TYPED:%=fish/vendor_completions.d/%.fish) $(PROGRAMS:%=man/man1/%.1)
TO_PAGES := $(DESTDIR)$(PREFIX)/share

# Shell code that prints the contents of page $$f.
page = case $$f in bash*) bin/cs completions bash;; zsh*) bin/cs completions zsh;; fish*) bin/cs completions fish;; \
	*) name=$${f\#\#*/}; bin/cs man "$${name%.1}";; esac
# Shell code that fails if page $$f belongs to another package.
is_ours = { [ ! -e "$(TO_PAGES)/$$f" ] || grep -q claude-sessions "$(TO_PAGES)/$$f"; }

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

install: build ## install into PREFIX (default ~/.local) and register with Claude Code
	@mkdir -p "$(TO_SHARE)/bin" "$(TO_BIN)" && t=$$(mktemp -d) && trap 'rm -rf "$$t"' EXIT && cp -R $(FILES) "$$t" \
		&& sh packaging/direct.sh "$$t" && for f in $(FILES); do $(call put,$$t/$$f,$(TO_SHARE)/$$f) || exit 1; done
	@for p in $(PROGRAMS); do $(call put,bin/$$p,$(TO_SHARE)/bin/$$p) && $(call link,$$p) || exit 1; done
	@for f in $(PAGES); do mkdir -p "$$(dirname "$(TO_PAGES)/$$f")" && if $(is_ours); then { $(page); } >"$(TO_PAGES)/$$f.new" \
		&& mv -f "$(TO_PAGES)/$$f.new" "$(TO_PAGES)/$$f" || exit 1; else echo "$(TO_PAGES)/$$f: not ours, left alone" >&2; fi; done
	@$(other)
	@[ "$(SETUP)" = no ] || "$(TO_SHARE)/bin/cs-setup" install $(if $(filter yes,$(SETUP)),--yes)

# The hooks are removed first: a hook without its program would show an error at every event.
uninstall: ## remove what install created; records stay
	@[ "$(SETUP)" = no ] || ! [ -x "$(TO_SHARE)/bin/cs-setup" ] || for agent in "" --codex; do \
		"$(TO_SHARE)/bin/cs-setup" uninstall --yes $$agent || exit 1; done
	@for l in "$(TO_BIN)"/cs "$(TO_BIN)"/cs-*; do case $$(readlink "$$l") in "$(SHARE)/bin/"*) rm -f "$$l";; esac; done
	@for f in $(PAGES); do ! $(is_ours) || rm -f "$(TO_PAGES)/$$f"; done
	@cd "$(TO_PAGES)" 2>/dev/null && rmdir -p $(sort $(dir $(PAGES))) 2>/dev/null || :
	@cd "$(TO_SHARE)" 2>/dev/null || exit 0; rm -rf $(FILES) bin && rmdir "$(TO_SHARE)" && \
		{ rmdir "$(DESTDIR)$(PREFIX)/share" "$(TO_BIN)" 2>/dev/null || :; }

clean: ## remove everything built
	cargo clean
	rm -rf bin

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "%-11s %s\n", $$1, $$2}' Makefile

.PHONY: all build check test accept fuzz bench soak demo screenshots axe install uninstall clean help
