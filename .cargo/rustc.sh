#!/bin/sh
# Cargo calls this as `rustc.sh RUSTC ARGUMENTS` for each crate of the workspace. It links the programs statically that an
# agent waits for at every turn, where the system has a C library for that: loading one takes a third of their system
# calls. No profile of cargo can do it for single programs, and like this each way to build them has the same result.
# A shell may drop variables whose names have a hyphen, such as CARGO_BIN_EXE_a-b: programs of tests have none in their names.
can_be_static() {
	case " $* " in
	*" --test "*) false ;;
	*" --crate-name cs_hook "*" --crate-type bin "* | *" --crate-name cs_heartbeat "*" --crate-type bin "*)
		case " $* " in
		*" --target "*-musl" "*) ;;
		*" --target "*) false ;;
		*) [ "$(uname -s)" = Linux ] && [ -e "$(cc -print-file-name=libc.a 2>/dev/null)" ] ;;
		esac
		;;
	*) false ;;
	esac
}

if can_be_static "$@"; then
	exec "$@" -C target-feature=+crt-static -C relocation-model=static
fi
exec "$@"
