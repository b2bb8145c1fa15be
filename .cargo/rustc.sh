#!/bin/sh
# Cargo calls this as `rustc.sh RUSTC ARGUMENTS` for each crate of the workspace, where the programs are built (Makefile,
# tests/src/programs.rs). It links some programs statically: those that an agent waits for often, most of them at each of
# its steps. Loading a C library takes a third of the system calls of a hook, and a quarter of the time of `cs-session
# show`. No profile of cargo can do it for single programs. If a program cannot be linked like this, it is linked as the
# others are. A shell may drop variables whose names have a hyphen, such as CARGO_BIN_EXE_a-b, which only tests need.
is_waited_for() {
	case " $* " in
	*" --test "* | *" --target "*-gnu* | *" --target "*-darwin*) return 1 ;;
	*" --crate-name cs_hook "* | *" --crate-name cs_heartbeat "*) ;;
	*" --crate-name cs_guard "* | *" --crate-name cs_deliver "* | *" --crate-name cs_session "*) ;;
	*" --crate-name cs_statusline "* | *" --crate-name cs_usage "*) ;;
	*) return 1 ;;
	esac
	case " $* " in
	*" --crate-type bin "*) [ "$(uname -s)" = Linux ] ;;
	*) false ;;
	esac
}

if is_waited_for "$@" && said=$("$@" -C target-feature=+crt-static -C relocation-model=static 2>&1); then
	[ -z "$said" ] || printf '%s\n' "$said" >&2
	exit 0
fi
exec "$@"
