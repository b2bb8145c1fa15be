#!/bin/sh
# Cargo calls this as `rustc.sh COMMAND ARGUMENTS` for each crate of a release (packaging/dist.sh). It replaces the folders
# of the builder, CS_ROOT and CS_CARGO_HOME, in what is compiled. As flags of cargo they would change the names of symbols,
# so that the same sources in another folder would not make the same bytes.
exec "$@" --remap-path-prefix "$CS_CARGO_HOME=/cargo" --remap-path-prefix "$CS_ROOT=/claude-sessions"
