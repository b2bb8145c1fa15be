#!/bin/sh
# Cargo calls this as `rustc.sh RUSTC ARGUMENTS` for each crate of a release (packaging/dist.sh). It replaces the folders
# of the builder, CS_ROOT and CS_CARGO_HOME, in what is compiled. As flags of cargo they would change the names of symbols,
# and so would the path of a wrapper for the crates of the workspace, which is therefore called here: the same sources in
# another folder must make the same bytes.
exec "$CS_ROOT/.cargo/rustc.sh" "$@" --remap-path-prefix "$CS_CARGO_HOME=/cargo" --remap-path-prefix "$CS_ROOT=/claude-sessions"
